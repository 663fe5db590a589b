namespace EchoApex.Core.Runtime;

/// <summary>One or more faults of a configuration; the message lists every one with its dotted path.</summary>
public sealed class ConfigurationException : EchoApexException
{
    /// <summary>Creates the error from all faults found.</summary>
    /// <param name="source">Where the configuration came from: a file name, "command line", a model folder.</param>
    /// <param name="faults">One sentence a fault, each naming its dotted path and value.</param>
    public ConfigurationException(string source, IReadOnlyList<string> faults)
        : base(Compose(source, faults)) => Faults = faults;

    /// <summary>Creates the error from a single fault.</summary>
    public ConfigurationException(string source, string fault)
        : this(source, [fault])
    {
    }

    /// <summary>One sentence a fault.</summary>
    public IReadOnlyList<string> Faults { get; }

    private static string Compose(string source, IReadOnlyList<string> faults) =>
        faults.Count == 1
            ? $"{source}: {faults[0]}"
            : $"{source}: {faults.Count} faults:{Environment.NewLine}" + string.Join(Environment.NewLine, faults.Select(f => "  - " + f));
}
