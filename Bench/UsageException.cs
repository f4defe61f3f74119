using GenEngine.Kernels;

namespace GenEngine.Bench;

/// <summary>The command line asks for something that does not exist: exit code 2 instead of 1.</summary>
internal sealed class UsageException(string message) : EngineException(message);
