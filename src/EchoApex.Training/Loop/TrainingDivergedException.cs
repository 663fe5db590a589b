using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.Loop;

/// <summary>A loss or gradient that is not finite. The optimizer step was not taken; what led to it lies in a capture folder.</summary>
public sealed class TrainingDivergedException : EchoApexException
{
    /// <summary>Creates the error.</summary>
    /// <param name="step">The step, counted from 1.</param>
    /// <param name="terms">Loss terms and other values of the step by name.</param>
    /// <param name="capture">Folder with the batch, the weights and the terms.</param>
    public TrainingDivergedException(long step, IReadOnlyDictionary<string, double> terms, string capture)
        : base(Compose(step, terms, capture)) => (Step, Terms, Capture) = (step, terms, capture);

    /// <summary>The step, counted from 1.</summary>
    public long Step { get; }

    /// <summary>Loss terms and other values of the step by name.</summary>
    public IReadOnlyDictionary<string, double> Terms { get; }

    /// <summary>Folder with the batch, the weights and the terms.</summary>
    public string Capture { get; }

    private static string Compose(long step, IReadOnlyDictionary<string, double> terms, string capture)
    {
        string values = string.Join(", ", terms.Select(term => string.Create(CultureInfo.InvariantCulture, $"{term.Key} {term.Value:0.######}")));
        return $"Training diverged at step {step}: {values}. The optimizer step was not taken. Batch, weights and values are in {capture}; echoapex replay {capture} repeats the step and names what is not finite. "
            + "Start a new run with a lower learning rate, a longer warm-up or a higher teacher temperature; backbone.weights and head.weights may name this run, to go on from its last checkpoint.";
    }
}
