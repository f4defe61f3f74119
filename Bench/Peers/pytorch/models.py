"""The peer's models in PyTorch: the layers and sizes of the TorchSharp peer (28x28 images, short audio) and the larger ones that only a
GPU is asked for: DCGAN-64, PixelCNN with 128 channels, WaveNet with 30 layers. See peer.py."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def vae_loss(logits, x, mu, log_variance):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return reconstruction - 0.5 * (1 + log_variance - mu.pow(2) - log_variance.exp()).sum()


class DenseVae(nn.Module):
    """784-400-20, 653 thousand parameters."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc_mu, self.fc_lv = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
        self.fc3, self.fc4 = nn.Linear(20, 400), nn.Linear(400, 784)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        mu, lv = self.fc_mu(h), self.fc_lv(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * lv)
        return vae_loss(self.fc4(F.relu(self.fc3(z))), x, mu, lv)


class ConvVae(nn.Module):
    """1-32-64 by k4 s2, code 16, mirrored; 220 thousand parameters."""

    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 32, 4, 2, 1), nn.Conv2d(32, 64, 4, 2, 1)
        self.fc_mu, self.fc_lv, self.fc = nn.Linear(3136, 16), nn.Linear(3136, 16), nn.Linear(16, 3136)
        self.d1, self.d2 = nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ConvTranspose2d(32, 1, 4, 2, 1)

    def forward(self, x):
        h = F.relu(self.c2(F.relu(self.c1(x)))).flatten(1)
        mu, lv = self.fc_mu(h), self.fc_lv(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * lv)
        g = F.relu(self.fc(z)).view(-1, 64, 7, 7)
        return vae_loss(self.d2(F.relu(self.d1(g))), x, mu, lv)


class Generator28(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.b0, self.b1 = nn.Linear(100, 6272), nn.BatchNorm2d(128), nn.BatchNorm2d(64)
        self.d1, self.d2 = nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.ConvTranspose2d(64, 1, 4, 2, 1)

    def forward(self, z):
        h = F.relu(self.b0(self.fc(z).view(-1, 128, 7, 7)))
        return self.d2(F.relu(self.b1(self.d1(h)))).tanh()


class Discriminator28(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 64, 4, 2, 1), nn.Conv2d(64, 128, 4, 2, 1)
        self.b, self.fc = nn.BatchNorm2d(128), nn.Linear(6272, 1)

    def forward(self, x):
        h = F.leaky_relu(self.c1(x), 0.2)
        return self.fc(F.leaky_relu(self.b(self.c2(h)), 0.2).flatten(1))


def generator64(width):
    """100 -> 3x64x64, the widest layer 8 * width channels (DCGAN: width 64; Radford et al. 2015, figure 1)."""
    layers, channels = [nn.ConvTranspose2d(100, 8 * width, 4, 1, 0, bias=False), nn.BatchNorm2d(8 * width), nn.ReLU()], 8 * width
    for _ in range(3):
        layers += [nn.ConvTranspose2d(channels, channels // 2, 4, 2, 1, bias=False), nn.BatchNorm2d(channels // 2), nn.ReLU()]
        channels //= 2
    return nn.Sequential(*layers, nn.ConvTranspose2d(channels, 3, 4, 2, 1), nn.Tanh())


def discriminator64(width):
    layers, channels = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)], width
    for _ in range(3):
        layers += [nn.Conv2d(channels, 2 * channels, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * channels), nn.LeakyReLU(0.2)]
        channels *= 2
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, 4, 1, 0), nn.Flatten())


def conv_mask(outputs, inputs, kernel, type_a):
    """1 where the raster order allows a tap; type A leaves the centre out."""
    mask, centre = torch.ones(outputs, inputs, kernel, kernel), kernel // 2
    mask[:, :, centre + 1:, :] = 0
    mask[:, :, centre, centre + (0 if type_a else 1):] = 0
    return mask


class MaskedConv(nn.Module):
    def __init__(self, inputs, outputs, kernel, type_a):
        super().__init__()
        bound = (inputs * kernel * kernel) ** -0.5
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound))
        self.register_buffer("mask", conv_mask(outputs, inputs, kernel, type_a))
        self.padding = kernel // 2

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class GatedPixelCnn(nn.Module):
    """7x7 A, then seven gated 3x3 layers of 32 channels, one logit a pixel; 140 thousand parameters."""

    def __init__(self):
        super().__init__()
        self.first = MaskedConv(1, 32, 7, True)
        self.gated = nn.ModuleList(MaskedConv(32, 64, 3, False) for _ in range(7))
        self.project = nn.ModuleList(nn.Conv2d(32, 32, 1) for _ in range(7))
        self.o1, self.o2 = nn.Conv2d(32, 32, 1), nn.Conv2d(32, 1, 1)

    def forward(self, x):
        h = self.first(x)
        for gated, project in zip(self.gated, self.project):
            a, b = gated(h).chunk(2, 1)
            h = h + project(a.tanh() * b.sigmoid())
        return F.binary_cross_entropy_with_logits(self.o2(F.relu(self.o1(F.relu(h)))), x)


class PixelCnn128(nn.Module):
    """7x7 A to 128 channels, fourteen residual 3x3 B layers, 256 classes a pixel."""

    def __init__(self, channels=128, layers=14):
        super().__init__()
        self.first = MaskedConv(1, channels, 7, True)
        self.layers = nn.ModuleList(MaskedConv(channels, channels, 3, False) for _ in range(layers))
        self.out = nn.Conv2d(channels, 256, 1)

    def logits(self, x):
        h = self.first(x)
        for layer in self.layers:
            h = h + layer(F.relu(h))
        return self.out(F.relu(h))

    def forward(self, x, target):
        return F.cross_entropy(self.logits(x), target)


class WaveNet(nn.Module):
    """Stacks of causal convolutions, kernel 2, dilations 1 to 512; 10 layers of 32 and 64 channels, or 30 of 64 and 256."""

    def __init__(self, residual=32, skip=64, stacks=1):
        super().__init__()
        self.dilations = [1 << i for i in range(10)] * stacks
        self.embedding = nn.Embedding(256, residual)
        self.dilated = nn.ModuleList(nn.Conv1d(residual, 2 * residual, 2, dilation=d) for d in self.dilations)
        self.residual = nn.ModuleList(nn.Conv1d(residual, residual, 1) for _ in self.dilations)
        self.skip = nn.ModuleList(nn.Conv1d(residual, skip, 1) for _ in self.dilations)
        self.o1, self.o2 = nn.Conv1d(skip, skip, 1), nn.Conv1d(skip, 256, 1)

    def forward(self, index, target):
        h, total = self.embedding(index).transpose(1, 2).contiguous(), None
        for i, d in enumerate(self.dilations):
            a, b = self.dilated[i](F.pad(h, (d, 0))).chunk(2, 1)
            z = a.tanh() * b.sigmoid()
            s = self.skip[i](z)
            total = s if total is None else total + s
            if i + 1 < len(self.dilations):
                h = h + self.residual[i](z)
        return F.cross_entropy(self.o2(F.relu(self.o1(F.relu(total)))), target)

    def queues(self, streams):
        """What each layer remembers: as many of its inputs as its dilation, [dilation, streams, channels]."""
        weight = self.embedding.weight
        return [torch.zeros(d, streams, weight.shape[1], device=weight.device) for d in self.dilations]

    def next(self, code, queues, position):
        """Logits [streams, 256] behind one code a stream (Fast WaveNet): a queue a layer, in which position (a tensor of one) is the oldest."""
        h, total = self.embedding(code), None
        for i, d in enumerate(self.dilations):
            at = position % d
            taps = self.dilated[i].weight  # [outputs, inputs, the older and the newer]
            past = queues[i].index_select(0, at)[0]
            sums = F.linear(past, taps[:, :, 0]) + F.linear(h, taps[:, :, 1], self.dilated[i].bias)
            queues[i].index_copy_(0, at, h.to(queues[i].dtype).unsqueeze(0))
            a, b = sums.chunk(2, 1)
            z = a.tanh() * b.sigmoid()
            s = F.linear(z, self.skip[i].weight[:, :, 0], self.skip[i].bias)
            total = s if total is None else total + s
            if i + 1 < len(self.dilations):
                h = h + F.linear(z, self.residual[i].weight[:, :, 0], self.residual[i].bias)
        h = F.relu(F.linear(F.relu(total), self.o1.weight[:, :, 0], self.o1.bias))
        return F.linear(h, self.o2.weight[:, :, 0], self.o2.bias)
