using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using Spectre.Console;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>What the accesses of each kernel would cost a GPU, summed over the emulator's samples, against the limits that its file states.</summary>
internal sealed class AccessCosts
{
    private readonly SortedDictionary<string, List<AccessSite>> _kernels = new(StringComparer.Ordinal);

    /// <summary>Takes the driver's samples, and lets it begin anew.</summary>
    /// <returns>The files of the kernels that ran since.</returns>
    public IReadOnlyCollection<string> Take(SimtDriver driver)
    {
        var sites = driver.AccessSites;
        driver.ForgetAccessSites();
        foreach (var site in sites)
        {
            if (!_kernels.TryGetValue(site.Kernel, out var list)) _kernels[site.Kernel] = list = [];
            int known = list.FindIndex(other => (other.File, other.Line, other.Shared, other.Access, other.Bytes) == (site.File, site.Line, site.Shared, site.Access, site.Bytes));
            if (known < 0) list.Add(site);
            else list[known] = list[known] with { Requests = list[known].Requests + site.Requests, Cost = list[known].Cost + site.Cost, Ideal = list[known].Ideal + site.Ideal };
        }

        return [.. sites.Select(site => site.Kernel).Distinct()];
    }

    /// <summary>Prints a line a kernel, and the worst source lines of those that pass a limit (of all with --verbose).</summary>
    /// <returns>Kernels beyond a limit of theirs.</returns>
    public int Print(Session session)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("kernel");
        foreach (string title in (string[])["bank passes", "x least", "limit", "sectors", "x least", "limit"]) table.AddColumn(new TableColumn(title).RightAligned());
        int beyond = 0;
        var worst = new List<AccessSite>();
        foreach (var (kernel, sites) in _kernels)
        {
            var limits = AccessLimits.Of(kernel);
            AccessSite[] shared = [.. sites.Where(site => site.Shared)], global = [.. sites.Where(site => !site.Shared)];
            bool banks = Excess(shared) > limits?.BankConflicts, sectors = Excess(global) > limits?.Sectors;
            if (banks || sectors) beyond++;
            table.AddRow(
                Markup.Escape(kernel), Count(shared), Ratio(shared), Limit(limits?.BankConflicts, banks), Count(global), Ratio(global), Limit(limits?.Sectors, sectors));
            if (banks || session.Verbose) worst.AddRange(shared.Where(site => site.Excess > 1));
            if (sectors || session.Verbose) worst.AddRange(global.Where(site => site.Excess > 1));
        }

        session.Console.Write(table);
        foreach (var site in worst) session.Out.WriteLine($"{site.Kernel}: {site}");
        return beyond;
    }

    // rounded as it is printed, so that a limit can be what the table says
    private static double Excess(AccessSite[] sites) => sites.Length == 0 ? 1 : Math.Round((double)sites.Sum(site => site.Cost) / sites.Sum(site => site.Ideal), 2);

    private static string Count(AccessSite[] sites) => sites.Length == 0 ? "" : Invariant($"{sites.Sum(site => site.Cost)}");

    private static string Ratio(AccessSite[] sites) => sites.Length == 0 ? "" : Invariant($"{Excess(sites):F2}");

    private static string Limit(double? limit, bool beyond) => limit is null ? "" : Invariant($"{limit:F2}{(beyond ? " BEYOND" : "")}");
}
