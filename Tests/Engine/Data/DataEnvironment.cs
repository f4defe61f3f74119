using GenEngine.Data;

namespace GenEngine.Tests.Data;

/// <summary>Points GENENGINE_DATA and GENENGINE_CACHE elsewhere until the test ends.</summary>
internal sealed class DataEnvironment : IDisposable
{
    private const string CacheVariable = "GENENGINE_CACHE";

    private readonly string? _data = Environment.GetEnvironmentVariable(DataFolders.Variable);
    private readonly string? _cache = Environment.GetEnvironmentVariable(CacheVariable);

    public DataEnvironment(string? data, string cache)
    {
        Environment.SetEnvironmentVariable(DataFolders.Variable, data);
        Environment.SetEnvironmentVariable(CacheVariable, cache);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(DataFolders.Variable, _data);
        Environment.SetEnvironmentVariable(CacheVariable, _cache);
    }
}
