using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;

namespace EchoApex.Core.Phantoms;

/// <summary>
/// Makes synthetic beating hearts: a parametric heart per view, scatterers that move with it, a range-dependent point-spread
/// function in polar coordinates, log compression and scan conversion, with haze, shadows, dropout, gain errors and probe
/// motion; and the exact truth. The same options, seed and index give the same clip, on any thread and in any order.
/// </summary>
public static class PhantomGenerator
{
    /// <summary>Makes one clip.</summary>
    /// <param name="options">Size, length, difficulty, views.</param>
    /// <param name="seed">The seed of the set.</param>
    /// <param name="index">The clip's index in the set, not negative; it also picks the view.</param>
    /// <exception cref="ConfigurationException">An option is out of its range.</exception>
    public static PhantomClip Generate(PhantomOptions options, ulong seed, int index)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        OptionsValidator.Validate(options, "phantom options");
        return new Generation(options, seed, index).Run();
    }

    private sealed class Generation
    {
        private readonly PhantomOptions _options;
        private readonly PhantomView _view;
        private readonly string _name;
        private readonly HeartAnatomy _heart;
        private readonly HeartScene _scene;
        private readonly PolarGrid _grid;
        private readonly SectorMap _map;
        private readonly ProbePose _pose;
        private readonly EchoField _field;
        private readonly double[] _times, _phases, _volumes;

        public Generation(PhantomOptions options, ulong seed, int index)
        {
            _options = options;
            _view = options.Views[index % options.Views.Count];
            _name = $"phantom {seed}/{index}";
            var ranges = NuisanceRanges.For(options.Difficulty);

            // Anatomy, pose and echo draw from streams of their own, so that a change in one leaves the others as they were.
            var anatomy = RandomStream.For(seed, "phantom-anatomy", index);
            _heart = new HeartAnatomy(anatomy, ranges.Scale.Draw(anatomy));
            _scene = HeartScene.Create(_view, _heart, anatomy);
            double start = anatomy.NextDouble();
            var machine = RandomStream.For(seed, "phantom-machine", index);
            double halfAngle = ranges.HalfAngle.Draw(machine) * Math.PI / 180;
            _grid = new PolarGrid(options.ImageSize, halfAngle, machine.Uniform(.1, 1.1), ranges.Depth.Draw(machine));
            _map = new SectorMap(_grid, options.ImageSize, machine.Uniform(.94, 1), ranges.Placement.Draw(machine));
            _pose = new ProbePose(_scene, ranges, _grid, options.Frames, RandomStream.For(seed, "phantom-pose", index));
            _field = new EchoField(_grid, ranges, RandomStream.For(seed, "phantom-echo", index));

            double beatMs = 60_000 / _heart.HeartRate;
            double interval = options.FramesPerSecond is { } rate ? 1000 / rate : beatMs * options.Beats / options.Frames;
            _times = [.. Enumerable.Range(0, options.Frames).Select(i => i * interval)];
            _phases = [.. _times.Select(t => (start + (t / beatMs)) % 1)];
            _volumes = new double[options.Frames];
        }

        public PhantomClip Run()
        {
            int size = _options.ImageSize;
            int frameLength = size * size;
            byte[] pixels = new byte[_options.Frames * frameLength];
            byte[] masks = new byte[_options.Frames * frameLength];
            byte[] labels = TissueTable.Labels();
            var landmarks = new IReadOnlyList<PhantomLandmark>[_options.Frames];
            int longest = Math.Max(_grid.Count, _map.X.Length);
            var (x, y, tissues, polar) = (new float[longest], new float[longest], new byte[longest], new float[_grid.Count]);
            for (int i = 0; i < _options.Frames; i++)
            {
                var beat = Beat.At(_phases[i], _heart.EjectionFraction);
                _scene.Set(beat);
                _pose.Set(i, _times[i]);
                _volumes[i] = _heart.VolumeMl(beat.Contraction);

                Classify(_grid.X, _grid.Z, x, y, tissues);
                _field.Make(tissues.AsSpan(0, _grid.Count), x.AsSpan(0, _grid.Count), y.AsSpan(0, _grid.Count), beat, polar);
                _map.Draw(polar, pixels.AsSpan(i * frameLength, frameLength));

                Classify(_map.X, _map.Z, x, y, tissues);
                _map.DrawLabels(tissues, labels, masks.AsSpan(i * frameLength, frameLength));
                landmarks[i] = [.. _scene.Landmarks().Select(Place)];
            }

            return new PhantomClip(Clip(pixels), Truth(masks, landmarks));
        }

        private void Classify(float[] across, float[] down, float[] x, float[] y, byte[] tissues)
        {
            int count = across.Length;
            _pose.ToScene(across, down, x, y);
            _scene.Classify(x.AsSpan(0, count), y.AsSpan(0, count), tissues.AsSpan(0, count));
        }

        private PhantomLandmark Place((string Name, double X, double Y) point)
        {
            var (across, down) = _pose.FromScene(point.X, point.Y);
            double x = _map.Sector.ApexX + (across * _map.PixelsPerCm);
            double y = _map.Sector.ApexY + (down * _map.PixelsPerCm);
            return new PhantomLandmark(point.Name, x, y, _map.Sector.Contains(x, y));
        }

        private PixelSpacing Spacing => new(10 / _map.PixelsPerCm, 10 / _map.PixelsPerCm);

        private EchoClip Clip(byte[] pixels)
        {
            int size = _options.ImageSize;
            return new EchoClip(new MemoryFrameStore(pixels, _options.Frames, size, size, 1), new ClipOrigin(_name, "memory"))
            {
                FrameTimesMs = _times,
                Spacing = Spacing,
                HeartRateBpm = Math.Round(_heart.HeartRate),
                View = _view.ToString(),
                Scanner = "EchoApex phantom",
                Regions = [Region()],
            };
        }

        private UltrasoundRegion Region()
        {
            int last = _options.ImageSize - 1;
            var sector = _map.Sector;
            double half = sector.MaximumRadius * Math.Sin(sector.HalfAngleRadians);
            int left = (int)Math.Clamp(Math.Floor(sector.ApexX - half), 0, last);
            int right = (int)Math.Clamp(Math.Ceiling(sector.ApexX + half), 0, last);
            int top = (int)Math.Clamp(Math.Floor(sector.ApexY + (sector.MinimumRadius * Math.Cos(sector.HalfAngleRadians))), 0, last);
            int bottom = (int)Math.Clamp(Math.Ceiling(sector.ApexY + sector.MaximumRadius), 0, last);
            return new UltrasoundRegion(left, top, right - left + 1, bottom - top + 1, RegionKind.Tissue2D, Spacing);
        }

        private PhantomTruth Truth(byte[] masks, IReadOnlyList<PhantomLandmark>[] landmarks) => new()
        {
            View = _view,
            Difficulty = _options.Difficulty,
            Masks = masks,
            Height = _options.ImageSize,
            Width = _options.ImageSize,
            Labels = _scene.Labels,
            Landmarks = landmarks,
            VolumesMl = _volumes,
            EndDiastolicVolumeMl = _heart.VolumeMl(0),
            EndSystolicVolumeMl = _heart.VolumeMl(1),
            EndDiastolicFrame = Enumerable.Range(0, _volumes.Length).MaxBy(frame => (_volumes[frame], _phases[frame])),
            EndSystolicFrame = Array.IndexOf(_volumes, _volumes.Min()),
            HeartRateBpm = _heart.HeartRate,
            FrameTimesMs = _times,
            Spacing = Spacing,
            Sector = _map.Sector,
        };
    }
}
