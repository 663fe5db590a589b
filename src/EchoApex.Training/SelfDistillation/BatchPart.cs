// Shape legend: B = samples of the step, b = samples of the part, V = crops, ... = any further dimensions.
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>One of the equal parts in which a step with gradient accumulation goes through the networks.</summary>
/// <param name="Start">First sample.</param>
/// <param name="Count">b.</param>
/// <param name="Batch">B.</param>
internal readonly record struct BatchPart(long Start, long Count, long Batch)
{
    /// <summary>Whether there is no other part.</summary>
    public bool IsWhole => Count == Batch;

    /// <summary>Splits a batch; the count divides it.</summary>
    public static IReadOnlyList<BatchPart> Split(long batch, int parts)
    {
        if (batch % parts != 0)
        {
            throw new ArgumentException($"A batch of {batch} samples does not divide into {parts} equal parts.", nameof(parts));
        }

        long count = batch / parts;
        return [.. Enumerable.Range(0, parts).Select(i => new BatchPart(i * count, count, batch))];
    }

    /// <summary>The part's rows of crop-major rows: [V * B, ...] to [V * b, ...].</summary>
    public Tensor Of(Tensor rows)
    {
        if (IsWhole)
        {
            return rows.alias();
        }

        using var scope = NewDisposeScope();
        long[] inner = rows.shape[1..];
        var rows_VB = rows.view([rows.shape[0] / Batch, Batch, .. inner]);
        return rows_VB.narrow(1, Start, Count).reshape([rows.shape[0] / Batch * Count, .. inner]).MoveToOuterDisposeScope();
    }

    /// <summary>The whole batch's rows from those of its parts in turn: the reverse of <see cref="Of"/>.</summary>
    public static Tensor Join(IReadOnlyList<Tensor> parts, long crops)
    {
        if (parts.Count == 1)
        {
            return parts[0].alias();
        }

        using var scope = NewDisposeScope();
        long[] inner = parts[0].shape[1..];
        Tensor[] parts_Vb = [.. parts.Select(part => part.reshape([crops, part.shape[0] / crops, .. inner]))];
        return cat(parts_Vb, 1).flatten(0, 1).MoveToOuterDisposeScope();
    }
}
