using EchoApex.Core.Runtime;
using EchoApex.Core.Evaluation;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Evaluation;

public sealed class FeatureTableTests
{
    [Test]
    public void Constructor_LabelOutOfRange_NamesRowAndLabel() =>
        Assert.That(() => new FeatureTable([1, 2], 1, [0, 3], Tables.Names), Throws.ArgumentException.With.Message.Contains("Row 1 has label 3"));

    [Test]
    public void Constructor_NotFiniteFeature_NamesRowAndColumn() =>
        Assert.That(() => new FeatureTable([1, 2, 3, float.NaN], 2, [0, 1], Tables.Names), Throws.ArgumentException.With.Message.Contains("Row 1").And.Message.Contains("column 1"));

    [Test]
    public void Constructor_WrongLength_SaysBothNumbers() =>
        Assert.That(() => new FeatureTable([1, 2, 3], 2, [0, 1], Tables.Names), Throws.ArgumentException.With.Message.Contains("need 4 values, got 3"));

    [Test]
    public void Subset_RepeatedRow_CarriesFeaturesLabelAndGroup()
    {
        var table = Tables.Clusters(1, 8, 4, 2);
        var subset = table.Subset([5, 5, 0]);
        Assert.That(subset.Row(1).ToArray(), Is.EqualTo(table.Row(5).ToArray()));
        Assert.That(subset.Labels, Is.EqualTo(new[] { table.Labels[5], table.Labels[5], table.Labels[0] }));
        Assert.That(subset.Groups, Is.EqualTo(new[] { "clip2", "clip2", "clip0" }));
    }

    [Test]
    public void SplitByGroup_Always_KeepsClipsWholeAndEveryLabelOnBothSides()
    {
        var table = Tables.Clusters(1, 120, 4, 2);
        var (kept, heldOut) = table.SplitByGroup(0.25, new RandomStream(3));
        Assert.That(kept.Count + heldOut.Count, Is.EqualTo(120));
        Assert.That(kept.Groups.Intersect(heldOut.Groups), Is.Empty);
        Assert.That(heldOut.Labels.CountBy(label => label).Select(pair => pair.Value), Is.All.EqualTo(10));
        Assert.That(kept.Labels.Distinct().Count(), Is.EqualTo(3));
    }

    [Test]
    public void SplitByGroup_AnotherSeed_GivesAnotherSplit()
    {
        var table = Tables.Clusters(1, 120, 4, 2);
        var first = table.SplitByGroup(0.25, new RandomStream(3)).HeldOut.Groups;
        Assert.That(table.SplitByGroup(0.25, new RandomStream(3)).HeldOut.Groups, Is.EqualTo(first));
        Assert.That(table.SplitByGroup(0.25, new RandomStream(4)).HeldOut.Groups, Is.Not.EqualTo(first));
    }

    [Test]
    public void MeanByGroup_InterleavedRows_AveragesEachClip()
    {
        var table = new FeatureTable([1, 10, 3, 20, 5, 60], 2, [1, 0, 1], Tables.Names, ["b", "a", "b"]);
        var means = table.MeanByGroup();
        Assert.That(means.Groups, Is.EqualTo(new[] { "b", "a" }));
        Assert.That(means.Values.ToArray(), Is.EqualTo(new float[] { 3, 35, 3, 20 }));
        Assert.That(means.Labels, Is.EqualTo(new[] { 1, 0 }));
    }

    [Test]
    public void Append_OtherLabelNames_IsRefused()
    {
        var table = Tables.Clusters(1, 8, 4, 2);
        var other = new FeatureTable(new float[4], 4, [0], ["X", "Y", "Z"]);
        Assert.That(() => table.Append(other), Throws.ArgumentException.With.Message.Contains("do not belong together"));
        Assert.That(table.Append(table).Labels, Is.EqualTo(table.Labels.Concat(table.Labels)));
    }
}
