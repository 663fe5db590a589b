namespace EchoApex.Heads.Reporting;

/// <summary>How a value is coded in a structured report.</summary>
/// <param name="Concept">What is measured.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Factor">From the study's unit to this one.</param>
internal sealed record MeasureCode(CodedConcept Concept, CodedConcept Unit, double Factor)
{
    public CodedConcept? Method { get; init; }

    public CodedConcept? View { get; init; }

    public CodedConcept? Phase { get; init; }

    public CodedConcept Site { get; init; } = ReportCodes.LeftVentricle;
}
