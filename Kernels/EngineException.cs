namespace GenEngine.Kernels;

/// <summary>
/// An error whose message is written for the user: what happened, and what to do about it.
/// The console prints it as one sentence; anything else that escapes is a defect of the engine.
/// </summary>
public class EngineException : Exception
{
    public EngineException(string message) : base(message) { }

    public EngineException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A device, a compiler or a library that this machine lacks. The message lists what was tried and the fix.</summary>
public sealed class DeviceUnavailableException : EngineException
{
    public DeviceUnavailableException(string message) : base(message) { }

    public DeviceUnavailableException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A kernel broke its contract under the emulator: a race, a stray access, an output never written.</summary>
public sealed class KernelFaultException : EngineException
{
    public KernelFaultException(string message) : base(message) { }
}
