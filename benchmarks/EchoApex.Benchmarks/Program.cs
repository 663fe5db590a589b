using BenchmarkDotNet.Running;
using EchoApex.Benchmarks.Forward;

// End-to-end measurements have a verb of their own; everything else is BenchmarkDotNet's.
if (args is ["forward", .. var forwardArguments])
{
    return ForwardBenchmark.Run(forwardArguments);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
