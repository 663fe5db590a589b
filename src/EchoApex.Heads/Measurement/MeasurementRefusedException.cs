using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Measurement;

/// <summary>A measure that cannot be given, with its reason.</summary>
public sealed class MeasurementRefusedException : EchoApexException
{
    /// <summary>Creates the error.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="message">What was to be measured, what stands in its way, and what to do.</param>
    public MeasurementRefusedException(MeasurementRefusal reason, string message)
        : base(message)
    {
        Reason = reason;
    }

    /// <summary>Why.</summary>
    public MeasurementRefusal Reason { get; }
}
