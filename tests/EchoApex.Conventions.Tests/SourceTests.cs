using System.Text.RegularExpressions;
using EchoApex.Testing;

namespace EchoApex.Conventions.Tests;

/// <summary>What the house asks of every source file.</summary>
public sealed partial class SourceTests
{
    private static readonly string[] Libraries = ["EchoApex.Core", "EchoApex.Training", "EchoApex.Heads", "EchoApex.FoDicom"];

    private static IEnumerable<string> Sources(string project) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", project), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && !path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static IEnumerable<string> AllSources() => Libraries.Append("EchoApex.Cli").SelectMany(Sources);

    [Test]
    public void Namespaces_OfAllFiles_FollowTheFolders() =>
        Assert.That(AllSources().Where(path => NamespaceOf(path) is { } name && name != ExpectedNamespace(path)), Is.Empty);

    [Test]
    public void PublicTypes_OfAllFiles_AreOneAFile() =>
        Assert.That(AllSources().Where(path => PublicType().Count(File.ReadAllText(path)) > 1), Is.Empty);

    [Test]
    public void Length_OfAllFiles_IsAtMost400Lines() =>
        Assert.That(AllSources().Where(path => File.ReadLines(path).Count() > 400), Is.Empty);

    [Test]
    public void Libraries_NeverWriteToTheConsole() =>
        Assert.That(Libraries.SelectMany(Sources).Where(path => File.ReadAllText(path).Contains("Console.", StringComparison.Ordinal)), Is.Empty);

    [Test]
    public void Sources_HaveNoUnfinishedMarks() =>
        Assert.That(AllSources().Where(path => Unfinished().IsMatch(File.ReadAllText(path))), Is.Empty);

    [Test]
    public void SwallowedExceptions_DoNotExist() =>
        Assert.That(AllSources().Where(path => EmptyCatch().IsMatch(File.ReadAllText(path))), Is.Empty);

    private static string? NamespaceOf(string path) =>
        NamespaceLine().Match(File.ReadAllText(path)) is { Success: true } match ? match.Groups[1].Value : null;

    private static string ExpectedNamespace(string path)
    {
        string relative = Path.GetRelativePath(Path.Combine(Repository.Root, "src"), Path.GetDirectoryName(path)!);
        return relative.Replace(Path.DirectorySeparatorChar, '.');
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^public\s+(?:static\s+|sealed\s+|abstract\s+|readonly\s+|partial\s+|ref\s+|unsafe\s+)*(?:class|record|struct|interface|enum|delegate)\b", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"catch\s*(\([^)]*\))?\s*\{\s*\}")]
    private static partial Regex EmptyCatch();
}
