using System.Diagnostics;
using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Distributed;
using EchoApex.Training.Distributed.Nccl;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>
/// The NCCL binding against a stand-in library compiled on the spot: types, counts, streams and events arrive where NCCL and
/// the CUDA driver expect them. No GPU takes part; tensors lie on the CPU.
/// </summary>
public sealed partial class NcclCollectiveTests : IDisposable
{
    private static readonly LaunchEnvironment Launch = new("torchrun variables", 1, 3, 1, 3);
    private readonly TemporaryFolder _folder = new();

    [OneTimeSetUp]
    public void CompileStandIn()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("The stand-in library is for Linux.");
        }

        try
        {
            string source = Path.Combine(Repository.Root, "tests/EchoApex.Training.Tests/Distributed/StandIn/standin.c");
            using var compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", _folder.File("standin.so"), source]);
            compiler.WaitForExit();
            Assert.That(compiler.ExitCode, Is.Zero, "the stand-in compiles");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore("There is no C compiler (cc) to build the stand-in library with.");
        }

        Environment.SetEnvironmentVariable(NcclLibrary.Variable, _folder.File("standin.so"));
        Environment.SetEnvironmentVariable(CudaDriver.Variable, _folder.File("standin.so"));
        Environment.SetEnvironmentVariable("MASTER_ADDR", "127.0.0.1");
        SetNative("STANDIN_LOG", _folder.File("log.txt"));
    }

    [OneTimeTearDown]
    public void Dispose()
    {
        foreach (string name in new[] { NcclLibrary.Variable, CudaDriver.Variable, "MASTER_ADDR" })
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        _folder.Dispose();
    }

    [SetUp]
    public void EmptyLog() => File.WriteAllText(_folder.File("log.txt"), "");

    [Test]
    [NoTensorLeaks]
    public void Calls_OfEveryKind_ArriveAsNcclExpects()
    {
        using (var nccl = new NcclCollective(Launch, CPU))
        {
            Assert.That((nccl.Rank, nccl.WorldSize), Is.EqualTo((1, 3)));
            Assert.That(nccl.Description, Does.StartWith("NCCL 2.27.3"));
            using var scope = NewDisposeScope();
            var values = ones([5], float32);
            nccl.AllReduce(values, ReduceOperation.Sum);
            Assert.That(values.data<float>().ToArray(), Has.All.EqualTo(3));
            nccl.AllReduce(ones([2], float64), ReduceOperation.Average);
            nccl.AllReduce(ones([3], bfloat16), ReduceOperation.Maximum);
            nccl.AllReduce(ones([4], int64), ReduceOperation.Minimum);
            nccl.Broadcast(ones([2, 3], float32), 2);
            var gathered = zeros([3, 2], int64);
            nccl.AllGather(tensor(new long[] { 4, 9 }), gathered);
            Assert.That(gathered.data<long>().ToArray(), Is.EqualTo(new long[] { 4, 9, 4, 9, 4, 9 }));
        }

        Assert.That(Log(), Is.EqualTo(new[]
        {
            "init world 3 rank 1 id whole",
            "allreduce 5 type 7 op 0 stream main",
            "allreduce 2 type 8 op 4 stream main",
            "allreduce 3 type 9 op 2 stream main",
            "allreduce 4 type 4 op 3 stream main",
            "broadcast 24 type 1 root 2",
            "allgather 16 type 1",
            "stream destroyed",
            "destroy",
        }));
    }

    [Test]
    public void BeginAllReduce_RunsInItsOwnStreamBetweenTwoMarks()
    {
        using var nccl = new NcclCollective(Launch, CPU);
        using var values = ones([8], float32);

        var pending = nccl.BeginAllReduce(values, ReduceOperation.Sum);
        Assert.That(Log()[1..], Is.EqualTo(new[] { "mark in main", "side waits", "allreduce 8 type 7 op 0 stream side" }));
        pending.Wait();

        Assert.That(Log()[4..], Is.EqualTo(new[] { "mark in side", "main waits" }));
        Assert.That(nccl.Calls, Is.EqualTo(1));
    }

    [Test]
    public void Broadcast_NcclReportsAFault_NamesItInItsWords()
    {
        var launch = Launch with { WorldSize = 8 };
        using var nccl = new NcclCollective(launch, CPU);
        using var values = ones([1], float32);
        Assert.That(() => nccl.Broadcast(values, 7), Throws.TypeOf<CollectiveException>().With.Message.Contains("ncclBroadcast failed: invalid argument"));
    }

    [Test]
    public void Wait_NetworkFault_IsNamedAndAborts()
    {
        using var nccl = new NcclCollective(Launch, CPU, new CollectiveWatch { Look = () => "process 2 is gone." });
        SetNative("STANDIN_FAULT", "1");
        try
        {
            Assert.That(nccl.Barrier, Throws.TypeOf<CollectiveException>().With.Message.Contains("remote process exited").And.Message.Contains("process 2 is gone."));
        }
        finally
        {
            ClearNative("STANDIN_FAULT");
        }

        Assert.That(Log(), Does.Contain("abort"));
    }

    [Test]
    public void Create_NoWayToMeet_IsRefusedByName()
    {
        Environment.SetEnvironmentVariable("MASTER_ADDR", null);
        ClearNative("NCCL_COMM_ID");
        try
        {
            Assert.That(() => new NcclCollective(Launch, CPU), Throws.TypeOf<ConfigurationException>().With.Message.Contains("MASTER_ADDR"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("MASTER_ADDR", "127.0.0.1");
        }
    }

    private string[] Log() => File.ReadAllLines(_folder.File("log.txt"));

    private static void SetNative(string name, string value) => Assert.That(SetVariable(name, value, 1), Is.Zero);

    private static void ClearNative(string name) => Assert.That(UnsetVariable(name), Is.Zero);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetVariable(string name);
}
