namespace EchoApex.Core.Datasets;

/// <summary>What one pass over the data visits equally often.</summary>
public enum SampleBalance
{
    /// <summary>Clips: a visit shows random frames of the clip, so that a long clip weighs no more than a short one.</summary>
    Clip,

    /// <summary>
    /// Patients: a visit shows one of the patient's clips, which take turns in random order, and random frames of it, so that a patient
    /// with many clips weighs no more than one with a single clip. A clip without a patient is a patient of its own.
    /// </summary>
    Patient,

    /// <summary>Frames: a visit shows this frame (and a random second one of its clip), so that a clip weighs as its frames are many.</summary>
    Frame,
}
