using EchoApex.Core.Export.Onnx;

namespace EchoApex.Core.Tests.Export.Onnx;

public sealed class ProtobufMessageTests
{
    // The examples of https://protobuf.dev/programming-guides/encoding.
    [Test]
    public void WriteTo_OfTheEncodingGuidesExamples_GivesTheirBytes()
    {
        Assert.That(Bytes(new ProtobufMessage().Integer(1, 150)), Is.EqualTo("089601"));
        Assert.That(Bytes(new ProtobufMessage().Text(2, "testing")), Is.EqualTo("120774657374696e67"));
        Assert.That(Bytes(new ProtobufMessage().Message(3, new ProtobufMessage().Integer(1, 150))), Is.EqualTo("1a03089601"));
        Assert.That(Bytes(new ProtobufMessage().Integer(1, -2)), Is.EqualTo("08feffffffffffffffff01"));
        Assert.That(Bytes(new ProtobufMessage().Float(4, 1)), Is.EqualTo("250000803f"));
    }

    [Test]
    public void Length_OfNestedMessages_IsWhatIsWritten()
    {
        var message = new ProtobufMessage();
        for (int i = 0; i < 20; i++)
        {
            message = new ProtobufMessage().Message(300, message).Bytes(1, new byte[i * 17]).Integers(2, [i, 1L << (3 * i)]);
        }

        Assert.That(message.Length, Is.EqualTo(Bytes(message).Length / 2));
    }

    private static string Bytes(ProtobufMessage message)
    {
        using var stream = new MemoryStream();
        message.WriteTo(stream);
        return Convert.ToHexStringLower(stream.ToArray());
    }
}
