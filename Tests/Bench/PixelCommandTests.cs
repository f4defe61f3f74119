using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Files;
using GenEngine.Kernels.Columns;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>The commands on models that draw pixel by pixel, as a user types them.</summary>
public sealed class PixelCommandTests
{
    private const string Small = "--data digits --width 4 --layers 1 --steps 3 --batch 4";

    private static string Trained(TemporaryFolder folder, string model, string more = "")
    {
        var train = ConsoleRun.Of(["train", model, "--out", folder[model], .. $"{Small} {more}".Trim().Split(' ')]);
        Assert.That(train.Code, Is.EqualTo(ExitCode.Done), train.Error);
        Assert.That(train.Error, Does.Contain("binarisation: dynamic"), "which binarisation is always said");
        Assert.That(File.Exists(folder[model, "samples.png"]), Is.True);
        return folder[model];
    }

    [Test]
    public void A_gated_PixelCNN_is_trained_sampled_completed_traced_and_evaluated()
    {
        using var folder = new TemporaryFolder();
        string run = Trained(folder, "gated-pixelcnn", "--condition bias");
        foreach (string sampler in (string[])["incremental", "naive"])
        {
            var sample = ConsoleRun.Of("sample", "gated-pixelcnn", "--run", run, "--count", "2", "--class", "3", "--sampler", sampler, "--out", folder[$"{sampler}.png"]);
            Assert.That(sample.Code, Is.EqualTo(ExitCode.Done), sample.Error);
            Assert.That(sample.Error, Does.Contain("ms a pixel").And.Contain("evaluation"));
        }

        Assert.That(Png.Read(folder["naive.png"]).Pixels, Is.EqualTo(Png.Read(folder["incremental.png"]).Pixels), "the same images either way");
        var complete = ConsoleRun.Of("complete", "gated-pixelcnn", "--run", run, "--count", "2", "--draws", "2", "--keep", "0.25", "--out", folder["completed.png"]);
        Assert.That(complete.Code, Is.EqualTo(ExitCode.Done), complete.Error);
        Png.Write(folder["mask.png"], new Bitmap(7, 7, 1, new byte[49]));
        Assert.That(ConsoleRun.Of("complete", "gated-pixelcnn", "--run", run, "--mask", folder["mask.png"]).Error, Does.Contain("7x7").And.Contain("28x28"));
        var trace = ConsoleRun.Of("sample", "gated-pixelcnn", "--run", run, "--trace", "--class", "3", "--out", folder["trace.png"]);
        Assert.That(trace.Code, Is.EqualTo(ExitCode.Done), trace.Error);
        Assert.That(File.Exists(folder["trace.png"]) && File.Exists(folder["trace-animated.png"]), Is.True);
        var evaluate = ConsoleRun.Of("evaluate", "gated-pixelcnn", "--run", run, "--json");
        Assert.That(evaluate.Code, Is.EqualTo(ExitCode.Done), evaluate.Error);
        var scores = JsonDocument.Parse(evaluate.Out).RootElement[0].GetProperty("scores").EnumerateArray().ToDictionary(score => score.GetProperty("name").GetString()!, score => score.GetProperty("value").GetDouble());
        Assert.That(scores["bits per dimension"], Is.EqualTo(scores["nll"] / 784 / Math.Log(2)).Within(1e-6));
        Assert.That(scores["standard error of the nll"], Is.GreaterThan(0));
    }

    [Test]
    public void A_PixelGAN_autoencoder_is_trained_walked_along_reconstructed_and_its_clusters_are_measured()
    {
        using var folder = new TemporaryFolder();
        string run = Trained(folder, "pixelgan-ae", "--latent 12 --hidden 16 --labelled 20");
        foreach (string line in (string[])["sample --count 3", "sample --count 1 --sampler naive", "reconstruct --count 3 --columns 3", "traverse --count 1", "encode --count 5", "complete --count 1 --draws 2", "sample --trace"])
        {
            string[] words = line.Split(' ');
            string output = folder[words[0] == "encode" ? "codes.csv" : "picture.png"];
            var command = ConsoleRun.Of([words[0], "pixelgan-ae", "--run", run, "--out", output, .. words[1..]]);
            Assert.That(command.Code, Is.EqualTo(ExitCode.Done), $"{line}: {command.Error}");
            Assert.That(File.Exists(output), Is.True, line);
        }

        var evaluate = ConsoleRun.Of("evaluate", "pixelgan-ae", "--run", run, "--json");
        Assert.That(evaluate.Code, Is.EqualTo(ExitCode.Done), evaluate.Error);
        var scores = JsonDocument.Parse(evaluate.Out).RootElement[0].GetProperty("scores").EnumerateArray().ToDictionary(score => score.GetProperty("name").GetString()!, score => score.GetProperty("value").GetDouble());
        Assert.That(scores.Keys, Is.SupersetOf((string[])["reconstruction", "nll", "clustering error", "class of the category code", "mutual information of code and class", "categories used"]));
        Assert.That(ConsoleRun.Of("manifold", "pixelgan-ae", "--run", run).Error, Does.Contain("traverse").And.Contain("--prior gaussian"));
        Assert.That(ConsoleRun.Of("swap", "pixelgan-ae", "--run", run).Code, Is.Not.EqualTo(ExitCode.Done));
    }

    [TestCase("pixelcnn"), TestCase("gated-pixelcnn"), TestCase("row-lstm"), TestCase("diagonal-bilstm"), TestCase("pixelgan-ae"), TestCase("wavenet")]
    public void Prove_prints_a_card_on_which_everything_holds(string model)
    {
        using var folder = new TemporaryFolder();
        var prove = ConsoleRun.Of("prove", model, "--out", folder["field.png"]);
        Assert.That(prove.Code, Is.EqualTo(ExitCode.Done), prove.Error);
        Assert.That(prove.Out.Split('\n').Count(line => line.StartsWith("holds", StringComparison.Ordinal)), Is.EqualTo(5));
        Assert.That(File.Exists(folder["field.png"]), Is.True);
    }

    [Test]
    public void Bench_sampling_plots_both_samplers_against_the_side()
    {
        using var folder = new TemporaryFolder();
        var bench = ConsoleRun.Of("bench", "sampling", "pixelcnn", "--side", "4,6", "--count", "2", "--out", folder["plot.png"]);
        Assert.That(bench.Code, Is.EqualTo(ExitCode.Done), bench.Error);
        Assert.That(bench.Out, Does.Contain("16 whole passes").And.Contain("36 whole passes"));
        Assert.That(File.Exists(folder["plot.png"]), Is.True);
    }

    [Test]
    public void Bench_sampling_shares_images_as_told_and_leaves_the_choice_as_it_was()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        using var folder = new TemporaryFolder();
        foreach (string blocks in (string[])["alone", "cluster", "grid"])
        {
            var bench = ConsoleRun.Of("bench", "sampling", "pixelcnn", "--side", "3", "--count", "2", "--blocks", blocks, "--device", "simt", "--out", folder["plot.png"]);
            Assert.That(bench.Code, Is.EqualTo(ExitCode.Done), bench.Error);
            Assert.That((ColumnsGpu.ForcedImages, ColumnTeamGpu.Forced), Is.EqualTo(((int?)null, ((TeamKind, int)?)null)));
        }
    }

    [TestCase("train pixelcnn --binarize none --steps 1", "draws bits")]
    [TestCase("train row-lstm --data avatars --loss categorical --steps 1", "--loss mixture")]
    [TestCase("train gated-pixelcnn --data avatars --width 8 --steps 1", "multiple of 3")]
    [TestCase("train pixelcnn --condition bias --steps 1", "does not take it")]
    [TestCase("train vae --layers 3 --steps 1", "does not take it")]
    [TestCase("prove vae", "autoregressive model")]
    [TestCase("bench sampling vae", "pixel model")]
    [TestCase("bench sampling pixelcnn --side 0", "1 to 512")]
    [TestCase("bench sampling pixelcnn --side 4 --blocks cluster --device cpu", "is for a GPU and its emulator")]
    public void What_cannot_be_is_said(string line, string why)
    {
        var run = ConsoleRun.Of(line.Split(' '));
        Assert.That(run.Code, Is.Not.EqualTo(ExitCode.Done));
        Assert.That(run.Error, Does.Contain(why));
    }

    [Test]
    public void Commands_on_codes_send_a_pixel_model_to_those_on_pixels_and_the_other_way_round()
    {
        using var folder = new TemporaryFolder();
        string run = Trained(folder, "pixelcnn");
        Assert.Multiple(() =>
        {
            Assert.That(ConsoleRun.Of("manifold", "pixelcnn", "--run", run).Error, Does.Contain("complete"));
            Assert.That(ConsoleRun.Of("sample", "pixelcnn", "--run", run, "--class", "3").Error, Does.Contain("not told a class"));
            Assert.That(ConsoleRun.Of("sample", "pixelcnn", "--run", run, "--seconds", "3").Error, Does.Contain("sound"));
        });
    }
}
