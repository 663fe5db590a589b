using System.Buffers.Binary;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Heads.Reporting;

/// <summary>Writes content items as DICOM elements, in ascending order of tags.</summary>
internal static class ContentTreeWriter
{
    /// <summary>Writes the elements of an item into its own data set or sequence item; the root's come after those of its modules.</summary>
    public static void Write(DicomElementWriter writer, ContentItem item, bool isRoot)
    {
        if (item.Image is { } image)
        {
            writer.Sequence(0x00081199, reference =>
            {
                reference.Text(0x00081150, "UI", image.Image.SopClassUid);
                reference.Text(0x00081155, "UI", image.Image.InstanceUid);
                if (image.Frame is { } frame)
                {
                    reference.Integer(0x00081160, frame);
                }
            });
        }

        if (!isRoot)
        {
            writer.Text(0x0040A010, "CS", item.Relationship);
        }

        writer.Text(0x0040A040, "CS", item.Type);
        if (item.Concept is { } concept)
        {
            writer.Sequence(0x0040A043, content => WriteCode(content, concept));
        }

        if (item.Type == "CONTAINER")
        {
            writer.Text(0x0040A050, "CS", "SEPARATE");
        }

        WriteValue(writer, item);
    }

    /// <summary>Writes the children of an item and what comes with or after them.</summary>
    public static void WriteChildren(DicomElementWriter writer, ContentItem item)
    {
        if (item.Children.Count > 0)
        {
            writer.Sequence(0x0040A730, item.Children.Select<ContentItem, Action<DicomElementWriter>>(child => content =>
            {
                Write(content, child, isRoot: false);
                WriteChildren(content, child);
                WriteGraphic(content, child);
            }));
        }
    }

    public static void WriteCode(DicomElementWriter writer, CodedConcept code)
    {
        writer.Text(0x00080100, "SH", code.Value);
        writer.Text(0x00080102, "SH", code.Scheme);
        writer.Text(0x00080104, "LO", code.Meaning);
    }

    private static void WriteValue(DicomElementWriter writer, ContentItem item)
    {
        switch (item.Type)
        {
            case "UIDREF":
                writer.Text(0x0040A124, "UI", item.Text);
                break;
            case "TEXT":
                writer.LongText(0x0040A160, item.Text);
                break;
            case "CODE":
                writer.Sequence(0x0040A168, content => WriteCode(content, item.Code!));
                break;
            case "NUM":
                writer.Sequence(0x0040A300, content =>
                {
                    content.Sequence(0x004008EA, unit => WriteCode(unit, item.Unit!));
                    content.Decimals(0x0040A30A, Math.Round(item.Number!.Value, 3));
                });
                break;
        }
    }

    private static void WriteGraphic(DicomElementWriter writer, ContentItem item)
    {
        if (item.Graphic is not { } graphic)
        {
            return;
        }

        byte[] data = new byte[4 * graphic.Data.Length];
        for (int i = 0; i < graphic.Data.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), graphic.Data[i]);
        }

        writer.Floats(0x00700022, data);
        writer.Text(0x00700023, "CS", graphic.Type);
    }
}
