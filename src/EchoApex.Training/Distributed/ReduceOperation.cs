namespace EchoApex.Training.Distributed;

/// <summary>How the processes' values become one.</summary>
public enum ReduceOperation
{
    /// <summary>The sum.</summary>
    Sum,

    /// <summary>The sum divided by the number of processes.</summary>
    Average,

    /// <summary>The largest value. A NaN need not win: reduce a flag beside values that may be NaN.</summary>
    Maximum,

    /// <summary>The smallest value; as for <see cref="Maximum"/>.</summary>
    Minimum,
}
