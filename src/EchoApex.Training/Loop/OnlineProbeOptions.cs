using System.ComponentModel.DataAnnotations;

namespace EchoApex.Training.Loop;

/// <summary>
/// Ours: accuracy of the teacher's features on labelled clips while a run goes on, by nearest neighbours. It is off until
/// both lists are named, and changes no number of the training. Its settings may differ when a run is resumed.
/// </summary>
public sealed record OnlineProbeOptions : IValidatableObject
{
    /// <summary>List of labelled clips that are the neighbours: CSV with columns path and label, or the manifest.csv of a phantom set.</summary>
    public string? Train { get; init; }

    /// <summary>List of labelled clips that are looked up; of other patients.</summary>
    public string? Test { get; init; }

    /// <summary>Steps between two measurements; the last step is always measured.</summary>
    [Range(1, 100_000_000)]
    public int Every { get; init; } = 500;

    /// <summary>Frames of each clip. All are held in memory, 12 x side x side bytes each.</summary>
    [Range(1, 10_000)]
    public int Frames { get; init; } = 1;

    /// <summary>Neighbours that vote.</summary>
    [Range(1, 100_000)]
    public int Neighbours { get; init; } = 20;

    /// <summary>Whether measurements are made.</summary>
    internal bool IsOn => Train is not null && Test is not null;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Train is null != Test is null)
        {
            yield return new ValidationResult("train and test belong together: name both lists, or neither", [nameof(Test)]);
        }
    }
}
