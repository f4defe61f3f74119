#!/usr/bin/env python3
"""PyTorch on a GPU at the shapes that this engine is measured at: the peer of the device 'cuda'.

Run by hand on a machine with an NVIDIA GPU and PyTorch 2.1 or newer; nothing in the build or the tests starts it. Needs the standard library
and torch only. Each row is measured in float32 (tensor cores off), tf32 and bf16, in five modes, and printed as it comes:
  eager              launch by launch
  graph              the eager work captured once in a CUDA graph and replayed, for a step with its optimiser
  compiled           torch.compile
  reduce-overhead    torch.compile with CUDA graphs of its own
  max-autotune       the same with kernels chosen by trial, which takes minutes a row
--json FILE holds a list of {name, device, precision, ms, mode, ...} whose first fields are those of 'genengine compare --json'; it is
rewritten as the rows come, so a run that is stopped keeps them. A ratio is only ever one of equal precisions; the peer of the
engine's tf32x3 is float32, whose accuracy it has.

  python3 Bench/Peers/pytorch/peer.py --json pytorch.json
  python3 Bench/Peers/pytorch/peer.py --only gemm-1024,step-vae --precisions float32,tf32 --modes eager,graph
  python3 Bench/Peers/pytorch/peer.py --flush-l2          operands come from memory, not from the cache of the run before

How it measures: CUDA events around one run, medians of as many runs as fit into --seconds (ten at least) after a warm-up; random operands,
never zeros, which save power and so run faster; cuDNN chooses its algorithms by trial; images lie NHWC (channels_last), which is what
its tensor-core kernels want, unless --layout nchw. An op's row is forward and backward to all its inputs; NAME-forward is the forward
alone. Steps are forward, backward and a fused Adam, with bf16 by autocast. Samplers time one
position and tell the time of all (784 pixels, 256 samples of sound). Shapes and models are those of Bench/Peers/TorchSharp."""

import argparse
import contextlib
import json
import os
import statistics
import sys
import time

import torch
import torch.nn.functional as F

import models

DEVICE = "cuda"
LEAST_RUNS = 10
WARM_UPS = 5
PRECISIONS = ("float32", "tf32", "bf16")
# the modes that are torch.compile's, and what it calls them
COMPILED = {"compiled": "default", "reduce-overhead": "reduce-overhead", "max-autotune": "max-autotune"}
MODES = ("eager", "graph", *COMPILED)


class Settings:
    """What the command line asks for."""

    def __init__(self, options):
        self.seconds, self.layout = options.seconds, options.layout
        # one for all captures: a library's workspace belongs to a stream, and stays
        self.side = torch.cuda.Stream()
        self.flush = None
        if options.flush_l2:
            # written between runs, outside the events: larger than any L2 there is
            self.flush = torch.empty(512 << 20, dtype=torch.uint8, device=DEVICE)

    def image(self, x):
        return x.contiguous(memory_format=torch.channels_last) if self.layout == "nhwc" and x.dim() == 4 else x

    def network(self, network):
        network = network.to(DEVICE)
        return network.to(memory_format=torch.channels_last) if self.layout == "nhwc" else network

    def compiled(self, work, mode):
        return torch.compile(work, mode=COMPILED[mode], dynamic=False) if mode in COMPILED else work


def captured(settings, work):
    """The work as one CUDA graph; calling the result replays it."""
    settings.side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(settings.side):
        # cuDNN's trials, workspaces and the optimiser's state are made here: a capture allows no trial, and must not replay the making of state
        for _ in range(WARM_UPS):
            work()
    torch.cuda.current_stream().wait_stream(settings.side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=settings.side):  # ends the capture when the work raises, too
        work()
    return graph.replay


def measure(settings, work, mode):
    """Median milliseconds of one run, and how many runs."""
    if mode == "graph":
        work = captured(settings, work)
    for _ in range(WARM_UPS):
        work()
    torch.cuda.synchronize()
    times, began = [], time.perf_counter()
    while len(times) < LEAST_RUNS or time.perf_counter() - began < settings.seconds:
        if settings.flush is not None:
            settings.flush.random_(0, 255)
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        work()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times), len(times)


def set_precision(precision):
    tensor_cores = precision != "float32"
    torch.backends.cuda.matmul.allow_tf32 = tensor_cores
    torch.backends.cudnn.allow_tf32 = tensor_cores


def autocast(precision, mode):
    # in a graph without its cache: weights cast in one capture must not be taken for those of a later pass
    return torch.autocast(DEVICE, dtype=torch.bfloat16, cache_enabled=mode != "graph") if precision == "bf16" else contextlib.nullcontext()


def adam(parameters, mode, rate=1e-3, betas=(0.9, 0.999)):
    return torch.optim.Adam(parameters, rate, betas, fused=True, capturable=mode == "graph")


def begin_step(mode):
    """Tells replayed graphs of torch.compile that nothing of the run before is still wanted; where it has none, this does nothing."""
    if mode in COMPILED:
        torch.compiler.cudagraph_mark_step_begin()


# ---- single operations: inputs, function; forward alone and with gradients of all inputs ----


def random(*shape, scale=1.0):
    return torch.randn(*shape, device=DEVICE) * scale


def op_row(settings, precision, mode, make):
    """Forward, and forward with backward, of a function of tensors that all want gradients."""
    inputs, function = make(settings)
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    # the parameters of a batch norm stay float, as autocast keeps them
    keeps = function.__name__ == "batch_norm"
    inputs = [settings.image(x if keeps and x.dim() == 1 else x.to(kind)).detach().requires_grad_(True) for x in inputs]
    run = settings.compiled(function, mode)
    with torch.no_grad():
        y = function(*inputs)
        up = torch.ones_like(y) if y.numel() == 1 else torch.randn_like(y)

    def forward():
        begin_step(mode)
        with torch.no_grad():
            run(*inputs)

    def both():
        begin_step(mode)
        torch.autograd.grad(run(*inputs), inputs, up)

    yield "-forward", forward
    yield "", both


def gemm(m, n, k):
    def rows(settings, precision, mode):
        kind = torch.bfloat16 if precision == "bf16" else torch.float32
        a, b = random(m, k).to(kind), random(k, n).to(kind)
        run = settings.compiled(lambda left, right: left @ right, mode)

        def product():
            begin_step(mode)
            with torch.no_grad():
                run(a, b)

        yield "", product

    return rows


def conv(batch, inputs, side, outputs, kernel, stride, padding):
    def make(settings):
        def conv2d(x, w, b):
            return F.conv2d(x, w, b, stride=stride, padding=padding)

        return [random(batch, inputs, side, side), random(outputs, inputs, kernel, kernel, scale=0.05), random(outputs, scale=0.05)], conv2d

    return lambda settings, precision, mode: op_row(settings, precision, mode, make)


def deconv(batch, inputs, side, outputs):
    def make(settings):
        def conv_transpose2d(x, w, b):
            return F.conv_transpose2d(x, w, b, stride=2, padding=1)

        return [random(batch, inputs, side, side), random(inputs, outputs, 4, 4, scale=0.05), random(outputs, scale=0.05)], conv_transpose2d

    return lambda settings, precision, mode: op_row(settings, precision, mode, make)


def masked(batch, inputs, side, outputs, kernel, type_a):
    def make(settings):
        mask = models.conv_mask(outputs, inputs, kernel, type_a).to(DEVICE)

        def masked_conv(x, w, b):
            return F.conv2d(x, w * mask.to(w.dtype), b, padding=kernel // 2)

        return [random(batch, inputs, side, side), random(outputs, inputs, kernel, kernel, scale=0.05), random(outputs, scale=0.05)], masked_conv

    return lambda settings, precision, mode: op_row(settings, precision, mode, make)


def batch_norm_row(batch, channels, side):
    def make(settings):
        mean, variance = torch.zeros(channels, device=DEVICE), torch.ones(channels, device=DEVICE)

        def batch_norm(x, w, b):
            return F.batch_norm(x, mean, variance, w, b, training=True, momentum=0.1, eps=1e-5)

        return [random(batch, channels, side, side), random(channels), random(channels)], batch_norm

    return lambda settings, precision, mode: op_row(settings, precision, mode, make)


def cross_entropy_row(settings, precision, mode):
    target = torch.randint(0, 256, (64, 28, 28), device=DEVICE)

    def cross_entropy(x):
        return F.cross_entropy(x, target)

    return op_row(settings, precision, mode, lambda _: ([random(64, 256, 28, 28)], cross_entropy))


def gate_row(settings, precision, mode):
    def gate(a, b):
        return a.tanh() * b.sigmoid()

    return op_row(settings, precision, mode, lambda _: ([random(64, 64, 28, 28), random(64, 64, 28, 28)], gate))


def multiply_add(one_kernel):
    def rows(settings, precision, mode):
        count = 16 * 1024 * 1024
        x, y, z = random(count), random(count), random(count)
        run = settings.compiled((lambda a, b, c: torch.addcmul(c, a, b)) if one_kernel else (lambda a, b, c: a * b + c), mode)

        def both():
            begin_step(mode)
            with torch.no_grad():
                run(x, y, z)

        if precision == "float32":
            yield "", both

    return rows


def adam_row(settings, precision, mode):
    parameters = [torch.nn.Parameter(random(500, 500, scale=0.05)) for _ in range(40)]
    for parameter in parameters:
        parameter.grad = random(500, 500, scale=0.01)
    optimizer = adam(parameters, mode)
    if precision == "float32" and mode not in COMPILED:
        yield "", optimizer.step


# ---- whole training steps ----


def step(create, inputs):
    """A step of a model whose forward gives the loss."""

    def rows(settings, precision, mode):
        network = settings.network(create())
        optimizer = adam(network.parameters(), mode)
        data = [settings.image(x) for x in inputs()]
        loss = settings.compiled(network, mode)

        def train():
            begin_step(mode)
            # none, not zero: a capture then makes the gradients in its own memory, and a replay writes them there anew
            optimizer.zero_grad(set_to_none=True)
            with autocast(precision, mode):
                value = loss(*data)
            value.backward()
            optimizer.step()

        yield "", train

    return rows


def gan_step(create_generator, create_discriminator, image, noise):
    """D on real and on fake images, then G through D; Adam 2e-4, beta1 0.5."""

    def rows(settings, precision, mode):
        generator, discriminator = settings.network(create_generator()), settings.network(create_discriminator())
        g_adam = adam(generator.parameters(), mode, 2e-4, (0.5, 0.999))
        d_adam = adam(discriminator.parameters(), mode, 2e-4, (0.5, 0.999))
        real = settings.image(torch.rand(128, *image, device=DEVICE) * 2 - 1)
        one, zero = torch.ones(128, 1, device=DEVICE), torch.zeros(128, 1, device=DEVICE)
        g, d = settings.compiled(generator, mode), settings.compiled(discriminator, mode)

        def judged(images, label):
            with autocast(precision, mode):
                logits = d(images)
            return F.binary_cross_entropy_with_logits(logits.float(), label)

        def train():
            begin_step(mode)
            d_adam.zero_grad(set_to_none=True)
            judged(real, one).backward()
            with autocast(precision, mode):
                fake = g(torch.randn(128, *noise, device=DEVICE))
            if mode in COMPILED:
                fake = fake.clone()  # a replayed graph would write over it
            judged(fake.detach(), zero).backward()
            d_adam.step()
            g_adam.zero_grad(set_to_none=True)
            judged(fake, one).backward()
            g_adam.step()

        yield "", train

    return rows


def images(batch):
    return lambda: [torch.rand(batch, 1, 28, 28, device=DEVICE)]


def pixels_and_targets():
    return [torch.rand(128, 1, 28, 28, device=DEVICE), torch.randint(0, 256, (128, 28, 28), device=DEVICE)]


def audio(batch, length):
    return lambda: [torch.randint(0, 256, (batch, length), device=DEVICE) for _ in range(2)]


# ---- sampling: one position is timed, since all cost the same, and told as all of them ----


def drawn(logits):
    """A class a row, from softmax(logits); torch.multinomial waits for the GPU, which no capture allows."""
    logits = logits.float()
    return (logits - torch.empty_like(logits).exponential_().log()).argmax(1)


def sample_pixels(settings, precision, mode):
    """As people write it: a whole forward pass a pixel, for 128 images."""
    network = settings.network(models.PixelCnn128())
    x = settings.image(torch.rand(128, 1, 28, 28, device=DEVICE))
    logits = settings.compiled(network.logits, mode)

    def pixel():
        begin_step(mode)
        with torch.no_grad(), autocast(precision, mode):
            x[:, 0, 14, 14] = drawn(logits(x)[:, :, 14, 14]) / 255

    yield "", pixel, 28 * 28


def sample_codes(streams):
    """With a queue a layer; 256 samples of each stream."""

    def rows(settings, precision, mode):
        network = settings.network(models.WaveNet(64, 256, 3))
        code, position = torch.zeros(streams, dtype=torch.long, device=DEVICE), torch.zeros(1, dtype=torch.long, device=DEVICE)
        queues, following = network.queues(streams), settings.compiled(network.next, mode)

        def sample():
            begin_step(mode)
            with torch.no_grad(), autocast(precision, mode):
                code.copy_(drawn(following(code, queues, position)))
            position.add_(1)

        yield "", sample, 256

    return rows


ROWS = {
    "gemm-256": gemm(256, 256, 256),
    "gemm-1024": gemm(1024, 1024, 1024),
    "gemm-4096": gemm(4096, 4096, 4096),
    "gemm-128x784x400": gemm(128, 784, 400),
    "gemm-128x400x784": gemm(128, 400, 784),
    "conv-64-128-k3": conv(64, 64, 32, 128, 3, 1, 1),
    "conv-1-64-k4s2": conv(64, 1, 28, 64, 4, 2, 1),
    "conv-64-128-k4s2": conv(64, 64, 14, 128, 4, 2, 1),
    "deconv-128-64": deconv(64, 128, 7, 64),
    "deconv-64-1": deconv(64, 64, 14, 1),
    "masked-32-k3": masked(64, 32, 28, 32, 3, False),
    "masked-1-64-k7": masked(64, 1, 28, 64, 7, True),
    "batchnorm-64x32x32": batch_norm_row(64, 64, 32),
    "batchnorm-128x7x7": batch_norm_row(64, 128, 7),
    "crossentropy-256": cross_entropy_row,
    "gate-64": gate_row,
    "muladd-16m": multiply_add(False),
    "addcmul-16m": multiply_add(True),
    "adam-10m": adam_row,
    "step-vae": step(models.DenseVae, lambda: [torch.rand(128, 784, device=DEVICE)]),
    "step-convvae": step(models.ConvVae, images(128)),
    "step-dcgan": gan_step(models.Generator28, models.Discriminator28, (1, 28, 28), (100,)),
    "step-dcgan64": gan_step(lambda: models.generator64(16), lambda: models.discriminator64(16), (3, 64, 64), (100, 1, 1)),
    "step-dcgan64-paper": gan_step(lambda: models.generator64(64), lambda: models.discriminator64(64), (3, 64, 64), (100, 1, 1)),
    "step-gatedpixelcnn": step(models.GatedPixelCnn, lambda: [(torch.rand(32, 1, 28, 28, device=DEVICE) > 0.5).float()]),
    "step-pixelcnn-h128": step(models.PixelCnn128, pixels_and_targets),
    "step-wavenet": step(models.WaveNet, audio(4, 4096)),
    "step-wavenet-30": step(lambda: models.WaveNet(64, 256, 3), audio(4, 16384)),
    "sample-pixelcnn-h128": sample_pixels,
    "sample-wavenet-30": sample_codes(1),
    "sample-wavenet-30-x256": sample_codes(256),
}


def choose(text, known, what):
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            sys.exit(f"error: unknown {what} '{name}'. Known: {', '.join(known)}.")
    return names


def write(path, results, about):
    """Whole under its name or not at all: a run may be stopped here."""
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        json.dump([{**result, **about} for result in results], file, indent=2)
        file.write("\n")
    os.replace(path + ".tmp", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default=",".join(ROWS), metavar="NAMES", help="rows, separated by commas: " + ", ".join(ROWS))
    parser.add_argument("--precisions", default=",".join(PRECISIONS), help="of " + ", ".join(PRECISIONS))
    parser.add_argument("--modes", default=",".join(MODES), help="of " + ", ".join(MODES))
    parser.add_argument("--layout", default="nhwc", choices=["nhwc", "nchw"], help="how images lie in memory")
    parser.add_argument("--seconds", type=float, default=0.5, help="time for one measurement")
    parser.add_argument("--flush-l2", action="store_true", help="empty the cache before each run")
    parser.add_argument("--json", metavar="FILE", help="write the measurements, as they come")
    options = parser.parse_args()
    rows, precisions, modes = choose(options.only, ROWS, "row"), choose(options.precisions, PRECISIONS, "precision"), choose(options.modes, MODES, "mode")
    if not torch.cuda.is_available():
        sys.exit("error: PyTorch sees no GPU here; this script measures the peer of the device 'cuda'.")

    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    settings = Settings(options)
    card = torch.cuda.get_device_name()
    print(f"# {card}, PyTorch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, {options.layout}", file=sys.stderr)
    about = {"card": card, "torch": torch.__version__, "layout": options.layout, "flush_l2": options.flush_l2}
    results = []
    for name in rows:
        for precision in precisions:
            set_precision(precision)
            for mode in modes:
                try:
                    for suffix, work, *times in ROWS[name](settings, precision, mode):
                        ms, runs = measure(settings, work, mode)
                        ms *= times[0] if times else 1
                        results.append({"name": name + suffix, "device": "cuda", "precision": precision, "ms": round(ms, 6), "mode": mode, "runs": runs})
                        print(f"{name + suffix:28} {precision:8} {mode:15} {ms:10.4f} ms  ({runs} runs)", flush=True)
                except RuntimeError as error:  # out of memory, or work that cannot be compiled or captured: the other rows go on
                    print(f"{name:28} {precision:8} {mode:15} failed: {(str(error) or type(error).__name__).splitlines()[0]}", file=sys.stderr)
                if mode in COMPILED:
                    torch.compiler.reset()
                torch.cuda.empty_cache()
                if options.json:
                    write(options.json, results, about)


if __name__ == "__main__":
    main()
