using System.Reflection;

namespace EchoApex.Conventions.Tests;

/// <summary>Dependencies point one way: Core, then Training and Heads, which do not know each other, then the command line.</summary>
public sealed class DependencyTests
{
    [TestCase("EchoApex.Core")]
    [TestCase("EchoApex.Training", "EchoApex.Core")]
    [TestCase("EchoApex.Heads", "EchoApex.Core")]
    [TestCase("echoapex", "EchoApex.Core", "EchoApex.Training", "EchoApex.Heads")]
    public void References_OfEachAssembly_PointOneWay(string assembly, params string[] allowed)
    {
        var ours = Assembly.Load(assembly).GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => name.StartsWith("EchoApex", StringComparison.Ordinal));
        Assert.That(ours, Is.SubsetOf(allowed));
    }
}
