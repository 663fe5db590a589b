using System.Text.Json;

namespace EchoApex.Core.Phantoms;

/// <summary>Writes a phantom's truth, all but the masks, as JSON.</summary>
internal static class PhantomTruthWriter
{
    public static void Write(Stream stream, PhantomTruth truth, ulong seed, int index)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("view", truth.View.ToString());
        json.WriteString("difficulty", truth.Difficulty.ToString().ToLowerInvariant());
        json.WriteNumber("seed", seed);
        json.WriteNumber("index", index);
        json.WriteNumber("height", truth.Height);
        json.WriteNumber("width", truth.Width);
        json.WriteNumber("spacing_mm", truth.Spacing.XMm);
        json.WriteNumber("heart_rate_bpm", truth.HeartRateBpm);
        json.WriteNumber("ejection_fraction_percent", truth.EjectionFractionPercent);
        json.WriteNumber("end_diastolic_volume_ml", truth.EndDiastolicVolumeMl);
        json.WriteNumber("end_systolic_volume_ml", truth.EndSystolicVolumeMl);
        json.WriteNumber("end_diastolic_frame", truth.EndDiastolicFrame);
        json.WriteNumber("end_systolic_frame", truth.EndSystolicFrame);
        WriteNumbers(json, "frame_times_ms", truth.FrameTimesMs);
        WriteNumbers(json, "volumes_ml", truth.VolumesMl);
        WriteSector(json, truth.Sector);
        WriteLabels(json, truth.Labels);
        WriteLandmarks(json, truth.Landmarks);
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static void WriteSector(Utf8JsonWriter json, PhantomSector sector)
    {
        json.WriteStartObject("sector");
        json.WriteNumber("apex_x", sector.ApexX);
        json.WriteNumber("apex_y", sector.ApexY);
        json.WriteNumber("half_angle_radians", sector.HalfAngleRadians);
        json.WriteNumber("minimum_radius", sector.MinimumRadius);
        json.WriteNumber("maximum_radius", sector.MaximumRadius);
        json.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter json, IReadOnlyList<PhantomLabel> labels)
    {
        json.WriteStartObject("labels");
        foreach (var label in labels)
        {
            json.WriteNumber(Name(label), (int)label);
        }

        json.WriteEndObject();
    }

    // One object a frame: the landmark's name, then where it is.
    private static void WriteLandmarks(Utf8JsonWriter json, IReadOnlyList<IReadOnlyList<PhantomLandmark>> frames)
    {
        json.WriteStartArray("landmarks");
        foreach (var frame in frames)
        {
            json.WriteStartObject();
            foreach (var landmark in frame)
            {
                json.WriteStartObject(landmark.Name);
                json.WriteNumber("x", landmark.X);
                json.WriteNumber("y", landmark.Y);
                json.WriteBoolean("in_sector", landmark.InSector);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    internal static string Name(PhantomLabel label) => label switch
    {
        PhantomLabel.LeftVentricle => "left_ventricle",
        PhantomLabel.LeftVentricularMyocardium => "left_ventricular_myocardium",
        PhantomLabel.LeftAtrium => "left_atrium",
        PhantomLabel.RightVentricle => "right_ventricle",
        PhantomLabel.RightAtrium => "right_atrium",
        _ => "background",
    };
}
