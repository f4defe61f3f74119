namespace GenEngine.Plots;

/// <summary>How a <see cref="SamplingTracePicture"/> looks.</summary>
public sealed record SamplingTraceOptions
{
    /// <summary>Above all pictures; empty leaves them its room.</summary>
    public string Title { get; init; } = "";

    /// <summary>Entropies in bits; otherwise in nats.</summary>
    public bool Bits { get; init; } = true;

    /// <summary>Columns of the contact sheet.</summary>
    public int Columns { get; init; } = 7;

    /// <summary>Pictures of the animation.</summary>
    public int Frames { get; init; } = 60;

    /// <summary>How long each is shown; the last one is shown for two seconds.</summary>
    public int FrameMilliseconds { get; init; } = 80;
}
