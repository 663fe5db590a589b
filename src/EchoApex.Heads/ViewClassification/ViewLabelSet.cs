namespace EchoApex.Heads.ViewClassification;

/// <summary>Which labels a view classifier knows.</summary>
public enum ViewLabelSet
{
    /// <summary>The names that occur in the training split, as the data set writes them.</summary>
    DataSet,

    /// <summary>The 18 views of <see cref="EchoViews"/>; names are mapped, unknown ones left out and counted.</summary>
    Transthoracic,
}
