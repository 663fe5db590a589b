namespace EchoApex.Training.Loop;

/// <summary>Among whom the KoLeo regulariser looks for the nearest neighbour.</summary>
public enum KoLeoScope
{
    /// <summary>The samples of one process, as the reference does: with more processes the neighbours are farther away.</summary>
    Process,

    /// <summary>The samples of all processes: the numbers do not depend on how many there are. Ours; costs one gathering of the cls vectors a global crop.</summary>
    AllProcesses,
}
