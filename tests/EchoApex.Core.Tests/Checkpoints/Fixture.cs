using EchoApex.Testing;

namespace EchoApex.Core.Tests.Checkpoints;

/// <summary>Files written by PyTorch, see Fixtures/make_fixtures.py.</summary>
internal static class Fixture
{
    public static string Path(string name) =>
        System.IO.Path.Combine(Repository.Root, "tests", "EchoApex.Core.Tests", "Checkpoints", "Fixtures", name);
}
