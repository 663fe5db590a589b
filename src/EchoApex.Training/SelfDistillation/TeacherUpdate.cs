using EchoApex.Core.Runtime;
using EchoApex.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// The teacher's exponential moving average: teacher = momentum * teacher + (1 - momentum) * student, parameters only,
/// after the optimizer step. Buffers (BatchNorm statistics) are not averaged.
/// </summary>
/// <remarks>
/// Caron et al., section 3.1; upstream: dino/main_dino.py train_one_epoch, dinov2/train/ssl_meta_arch.py update_teacher.
/// Where the student's parameters lie in flat buffers, the teacher's are laid out alike and one call a group does the work.
/// </remarks>
public sealed class TeacherUpdate : IDisposable
{
    private readonly List<(Tensor Student, Tensor Teacher)> _pairs = [];
    private readonly List<Tensor> _owned = [];

    /// <summary>Prepares the average of a pair.</summary>
    /// <param name="pair">Student and teacher; they stay the caller's.</param>
    /// <param name="studentParameters">
    /// The student's flat parameters, if there are any; names as in <see cref="SelfDistillationNetwork.NamedParameters"/>.
    /// The teacher's parameters then move into flat buffers too, so no <c>module.to(...)</c> afterwards.
    /// </param>
    public TeacherUpdate(StudentTeacherPair pair, FlatParameters? studentParameters = null)
    {
        ArgumentNullException.ThrowIfNull(pair);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var teachers = pair.Teacher.NamedParameters().ToDictionary(entry => entry.Name, entry => entry.Parameter, StringComparer.Ordinal);
        foreach (var group in studentParameters?.Groups ?? [])
        {
            var flat = group.NewBuffer();
            _owned.Add(flat);
            _pairs.Add((group.Values, flat));
            foreach (var slice in group.Slices)
            {
                teachers.Remove(slice.Name, out var teacher);
                var view = slice.Of(flat);
                view.copy_(teacher ?? throw new ArgumentException($"The teacher has no parameter \"{slice.Name}\".", nameof(studentParameters)));
                teacher.set_(view);
            }
        }

        // What the optimizer does not touch (fixed prototype norms, an unused mask token) follows one by one.
        foreach (var (name, parameter) in pair.Student.NamedParameters())
        {
            if (teachers.TryGetValue(name, out var teacher))
            {
                _pairs.Add((parameter, teacher));
            }
        }
    }

    /// <summary>Moves the teacher towards the student.</summary>
    /// <param name="momentum">Share of the old teacher that is kept, 0 to 1.</param>
    public void Apply(double momentum)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(momentum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(momentum, 1);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (student, teacher) in _pairs)
        {
            teacher.LerpInPlace(student, 1 - momentum);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(buffer => buffer.Dispose());
}
