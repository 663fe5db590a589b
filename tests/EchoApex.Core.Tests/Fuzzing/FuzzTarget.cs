namespace EchoApex.Core.Tests.Fuzzing;

/// <summary>A reader with the inputs that mutations start from.</summary>
/// <param name="Name">For reports; also part of the random seed.</param>
/// <param name="Weight">Its share of the inputs, relative to the other targets.</param>
/// <param name="Seeds">Valid inputs.</param>
/// <param name="Read">Reads an input whole; returns, or throws an EchoApexException.</param>
/// <param name="Pack">What is done to an input after it has been mutated, such as compressing it; null for nothing.</param>
internal sealed record FuzzTarget(string Name, int Weight, Func<byte[][]> Seeds, Action<byte[], FuzzBudget> Read, Func<byte[], byte[]>? Pack = null)
{
    /// <summary>A target whose reader wants a file of a given extension.</summary>
    public static FuzzTarget OfFile(string name, int weight, string extension, Func<byte[][]> seeds, Action<string, FuzzBudget> read, Func<byte[], byte[]>? pack = null)
    {
        // Memory-backed where there is such a folder: a fuzz run writes every input.
        string folder = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        return new FuzzTarget(name, weight, seeds, (input, budget) =>
        {
            string path = Path.Combine(folder, $"echoapex-fuzz-{Environment.ProcessId}{extension}");
            File.WriteAllBytes(path, input);
            try
            {
                read(path, budget);
            }
            finally
            {
                File.Delete(path);
            }
        }, pack);
    }

    public override string ToString() => Name;
}
