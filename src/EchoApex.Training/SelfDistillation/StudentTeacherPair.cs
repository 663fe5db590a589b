using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// A student and the teacher that follows it: same architecture, same start, no shared storage, no gradient in the teacher.
/// Owns both.
/// </summary>
/// <remarks>
/// Build the teacher's backbone without drop path. DINO keeps the teacher in training mode, so that a BatchNorm network
/// normalises with its own batch and keeps its own running statistics; DINOv2 puts it in evaluation mode.
/// </remarks>
public sealed class StudentTeacherPair : IDisposable
{
    /// <summary>Copies the student's parameters and buffers into the teacher and freezes the teacher.</summary>
    /// <exception cref="ArgumentException">The two networks differ in names or shapes.</exception>
    public StudentTeacherPair(SelfDistillationNetwork student, SelfDistillationNetwork teacher)
    {
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(teacher);
        (Student, Teacher) = (student, teacher);
        CopyStudent();
        foreach (var (_, parameter) in teacher.NamedParameters())
        {
            parameter.requires_grad = false;
        }
    }

    /// <summary>The network that is trained.</summary>
    public SelfDistillationNetwork Student { get; }

    /// <summary>The moving average of the student, which is kept in the end.</summary>
    public SelfDistillationNetwork Teacher { get; }

    /// <summary>Makes the teacher equal to the student again, parameters and buffers (after weights were loaded into the student).</summary>
    public void CopyStudent()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var source = Student.StateTensors();
        var target = Teacher.StateTensors();
        if (source.Count != target.Count || source.Any(entry => !target.TryGetValue(entry.Key, out var value) || !value.shape.SequenceEqual(entry.Value.shape)))
        {
            throw new ArgumentException("Student and teacher must have the same parameters and buffers.");
        }

        foreach (var (name, value) in source)
        {
            target[name].copy_(value);
        }
    }

    /// <summary>Moves both networks to a device; before flat buffers are made of their parameters, not after.</summary>
    public void MoveTo(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.type == TorchSharp.DeviceType.CPU)
        {
            return;
        }

        Student.MoveTo(device);
        Teacher.MoveTo(device);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Student.Dispose();
        Teacher.Dispose();
    }
}
