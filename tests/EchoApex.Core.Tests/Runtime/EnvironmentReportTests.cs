using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Runtime;

public sealed class EnvironmentReportTests
{
    [Test]
    public void Collect_OnATestMachine_FindsLibTorchAndOpenCv()
    {
        var findings = EnvironmentReport.Collect();
        Assert.That(findings.Single(f => f.Name == "libtorch").Value, Does.Contain("2.10"));
        Assert.That(findings.Single(f => f.Name == "OpenCV").Status, Is.EqualTo(FindingStatus.Ok));
    }

    [Test]
    public void Collect_WhatIsNotOk_NamesARemedy() =>
        Assert.That(EnvironmentReport.Collect().Where(f => f.Status != FindingStatus.Ok).Select(f => f.Remedy), Has.All.Not.Null.And.All.Not.Empty);
}
