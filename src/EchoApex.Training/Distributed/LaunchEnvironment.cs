using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.Distributed;

/// <summary>Which process of how many this is, as the launcher says in environment variables.</summary>
/// <param name="Launcher">Who started the process: "mpirun (Open MPI)", "mpiexec (MPICH)", "srun", "torchrun variables", or "none".</param>
/// <param name="Rank">This process, from 0.</param>
/// <param name="WorldSize">Number of processes.</param>
/// <param name="LocalRank">This process among those of its machine, from 0: the number of its GPU.</param>
/// <param name="LocalWorldSize">Processes on this machine.</param>
/// <remarks>
/// Read in this order: Open MPI (OMPI_COMM_WORLD_*), Slurm (SLURM_PROCID, for a step that srun started), MPICH and its kin
/// (PMI_RANK, MPI_LOCALRANKID), torchrun's names (RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE).
/// </remarks>
public sealed record LaunchEnvironment(string Launcher, int Rank, int WorldSize, int LocalRank, int LocalWorldSize)
{
    /// <summary>No launcher: one process.</summary>
    public static LaunchEnvironment Alone { get; } = new("none", 0, 1, 0, 1);

    /// <summary>Whether an MPI library can tell the processes about each other.</summary>
    public bool IsMpiLaunch => Launcher is OpenMpi or Mpich or Slurm;

    private const string OpenMpi = "mpirun (Open MPI)";
    private const string Mpich = "mpiexec (MPICH)";
    private const string Slurm = "srun";
    private const string Torchrun = "torchrun variables";

    /// <summary>Reads this process's environment.</summary>
    /// <exception cref="ConfigurationException">A variable is no number, missing beside its partner, or out of range.</exception>
    public static LaunchEnvironment Read() => Read(Environment.GetEnvironmentVariable);

    /// <summary>Reads from any source of variables.</summary>
    /// <param name="variable">Gives a variable's value, null when it is not set.</param>
    /// <exception cref="ConfigurationException">As for <see cref="Read()"/>.</exception>
    public static LaunchEnvironment Read(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        if (variable("OMPI_COMM_WORLD_SIZE") is not null)
        {
            return From(variable, OpenMpi, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE");
        }

        // salloc and sbatch set SLURM_NTASKS for the shell too; only srun gives a task its SLURM_STEP_ID beside SLURM_PROCID.
        if (variable("SLURM_PROCID") is not null && variable("SLURM_STEP_NUM_TASKS") is not null)
        {
            return From(variable, Slurm, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", null) with { LocalWorldSize = SlurmTasksHere(variable) };
        }

        if (variable("PMI_SIZE") is not null)
        {
            return From(variable, Mpich, "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS");
        }

        return variable("WORLD_SIZE") is not null ? From(variable, Torchrun, "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE") : Alone;
    }

    private static LaunchEnvironment From(Func<string, string?> variable, string launcher, string rank, string size, string localRank, string? localSize)
    {
        int world = Number(variable, size, 1, null);
        int mine = Number(variable, rank, 0, null);
        if (mine >= world)
        {
            throw new ConfigurationException("environment", $"{rank} is {mine}, but {size} is {world}: ranks go from 0 to {world - 1}. Start the processes with mpirun or srun, which set both.");
        }

        int local = Number(variable, localRank, 0, mine);
        return new LaunchEnvironment(launcher, mine, world, local, localSize is null ? world : Math.Max(local + 1, Number(variable, localSize, 1, world)));
    }

    // "4(x2),3": nodes of 4, 4 and 3 tasks; SLURM_NODEID says which one this is.
    private static int SlurmTasksHere(Func<string, string?> variable)
    {
        int node = Number(variable, "SLURM_NODEID", 0, 0);
        var counts = new List<int>();
        foreach (string part in (variable("SLURM_STEP_TASKS_PER_NODE") ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pieces = part.TrimEnd(')').Split("(x");
            if (int.TryParse(pieces[0], CultureInfo.InvariantCulture, out int tasks))
            {
                counts.AddRange(Enumerable.Repeat(tasks, pieces.Length > 1 && int.TryParse(pieces[1], CultureInfo.InvariantCulture, out int times) ? Math.Min(times, 1_000_000) : 1));
            }
        }

        return node < counts.Count ? counts[node] : Number(variable, "SLURM_STEP_NUM_TASKS", 1, 1);
    }

    private static int Number(Func<string, string?> variable, string name, int minimum, int? otherwise)
    {
        string? text = variable(name);
        if (text is null)
        {
            return otherwise ?? throw new ConfigurationException("environment", $"{name} is not set, though its partner variables are. Start the processes with mpirun or srun, which set them all.");
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= minimum
            ? value
            : throw new ConfigurationException("environment", $"{name} is '{text}', not a number of at least {minimum}. Start the processes with mpirun or srun, which set it.");
    }
}
