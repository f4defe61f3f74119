using System.Globalization;
using GenEngine.Bench.Compare;
using TorchSharp;

namespace GenEngine.Peers.TorchSharp;

/// <summary>
/// Answers, one line each: "measure NAME THREADS SECONDS" -> "ok MEDIAN_MS REPEATS" or "error TEXT"; end of input ends it.
/// Started as "startup THREADS" it runs one VAE step from nothing and says "done"; as "fixtures FOLDER" it writes the tests' fixtures; as "weights KIND EXTENTS FOLDER" it
/// exchanges weights (<see cref="WeightExchange"/>).
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is ["startup", var threads])
        {
            torch.set_num_threads(int.Parse(threads, CultureInfo.InvariantCulture));
            using var job = new VaeStepJob();
            job.Run();
            Console.WriteLine("done");
            return 0;
        }

        if (args is ["fixtures", var folder])
        {
            Fixtures.Write(folder);
            return 0;
        }

        if (args is ["weights", var kind, var extents, var exchange])
        {
            WeightExchange.Run(kind, extents, exchange);
            return 0;
        }

        torch.manual_seed(1);
        Console.WriteLine($"ready TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}, libtorch {torch.__version__}");
        var jobs = new Dictionary<string, IJob>();
        while (Console.ReadLine() is { } line)
        {
            try
            {
                Console.WriteLine(Answer(line.Split(' '), jobs));
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Console.WriteLine("error " + exception.Message.ReplaceLineEndings(" "));
            }
        }

        return 0;
    }

    private static string Answer(string[] words, Dictionary<string, IJob> jobs)
    {
        if (words is not ["measure", var name, var threads, var seconds]) return "error what is '" + string.Join(' ', words) + "'?";
        torch.set_num_threads(int.Parse(threads, CultureInfo.InvariantCulture));
        if (!jobs.TryGetValue(name, out var wanted)) jobs[name] = wanted = Jobs.Create(name);
        var (median, repeats) = Stopclock.Measure(wanted.Run, double.Parse(seconds, CultureInfo.InvariantCulture));
        return string.Create(CultureInfo.InvariantCulture, $"ok {median:R} {repeats}");
    }
}
