using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>What launchers say.</summary>
public sealed class LaunchEnvironmentTests
{
    [Test]
    public void Read_NoLauncher_IsOneProcess() => Assert.That(Read(), Is.EqualTo(LaunchEnvironment.Alone));

    [Test]
    public void Read_OpenMpi_TakesItsVariables() => Assert.That(
        Read(("OMPI_COMM_WORLD_RANK", "5"), ("OMPI_COMM_WORLD_SIZE", "8"), ("OMPI_COMM_WORLD_LOCAL_RANK", "1"), ("OMPI_COMM_WORLD_LOCAL_SIZE", "4"), ("RANK", "3"), ("WORLD_SIZE", "4")),
        Is.EqualTo(new LaunchEnvironment("mpirun (Open MPI)", 5, 8, 1, 4)));

    [Test]
    public void Read_Mpich_TakesItsVariables() => Assert.That(
        Read(("PMI_RANK", "1"), ("PMI_SIZE", "2"), ("MPI_LOCALRANKID", "1"), ("MPI_LOCALNRANKS", "2")),
        Is.EqualTo(new LaunchEnvironment("mpiexec (MPICH)", 1, 2, 1, 2)));

    [TestCase("4(x2)", "1", 4)]
    [TestCase("4(x2),3", "2", 3)]
    [TestCase("1,2", "1", 2)]
    public void Read_Slurm_CountsTheTasksOfThisMachine(string tasks, string node, int expected) => Assert.That(
        Read(("SLURM_PROCID", "6"), ("SLURM_STEP_NUM_TASKS", "11"), ("SLURM_LOCALID", "0"), ("SLURM_NODEID", node), ("SLURM_STEP_TASKS_PER_NODE", tasks)),
        Is.EqualTo(new LaunchEnvironment("srun", 6, 11, 0, expected)));

    [Test]
    public void Read_ShellOfSalloc_IsOneProcess() =>
        Assert.That(Read(("SLURM_NTASKS", "8"), ("SLURM_PROCID", "0")), Is.EqualTo(LaunchEnvironment.Alone));

    [Test]
    public void Read_Torchrun_TakesItsVariables() => Assert.That(
        Read(("RANK", "3"), ("WORLD_SIZE", "4"), ("LOCAL_RANK", "1"), ("LOCAL_WORLD_SIZE", "2")),
        Is.EqualTo(new LaunchEnvironment("torchrun variables", 3, 4, 1, 2)));

    [TestCase("x", "2", "RANK is 'x'")]
    [TestCase("2", "2", "RANK is 2, but WORLD_SIZE is 2")]
    [TestCase(null, "2", "RANK is not set")]
    [TestCase("0", "0", "WORLD_SIZE is '0'")]
    public void Read_Nonsense_IsRefusedByName(string? rank, string size, string expected) => Assert.That(
        () => LaunchEnvironment.Read(name => name switch { "RANK" => rank, "WORLD_SIZE" => size, _ => null }),
        Throws.TypeOf<ConfigurationException>().With.Message.Contains(expected));

    private static LaunchEnvironment Read(params (string Name, string Value)[] variables) =>
        LaunchEnvironment.Read(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
