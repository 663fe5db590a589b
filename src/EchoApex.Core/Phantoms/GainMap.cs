using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>What changes the echo's power between tissue and display, one factor a polar sample: attenuation, shadows, lost contact, gain.</summary>
internal static class GainMap
{
    /// <summary>Draws a clip's map of power factors.</summary>
    public static float[] Draw(PolarGrid grid, NuisanceRanges ranges, RandomStream random)
    {
        float[] map = new float[grid.Count];
        double gain = ranges.Gain.Draw(random);
        double attenuation = random.Uniform(-.2, 1.3);

        // Steered beams are weaker, and meet the side walls at a grazing angle.
        double steering = ranges.SteeringLoss.Draw(random);
        FastNoise.FillSmooth(map, grid.Ranges, grid.Beams, 5, 2, 1.2, random);
        for (int range = 0; range < grid.Ranges; range++)
        {
            // The machine's depth compensation is set right for about 6 cm.
            float level = (float)(gain - (attenuation * (grid.DepthAt(range) - 6)));
            var row = map.AsSpan(range * grid.Beams, grid.Beams);
            for (int b = 0; b < row.Length; b++)
            {
                double angle = (2.0 * b / (grid.Beams - 1)) - 1;
                row[b] += level - (float)(steering * angle * angle);
            }
        }

        int shadows = random.NextInt32(ranges.MostShadows + 1);
        for (int i = 0; i < shadows; i++)
        {
            AddShadow(grid, map, random);
        }

        if (random.NextBoolean(ranges.LostEdge))
        {
            AddLostEdge(grid, map, random);
        }

        for (int i = 0; i < map.Length; i++)
        {
            map[i] = MathF.Pow(10, map[i] / 10);
        }

        return map;
    }

    private static void AddShadow(PolarGrid grid, float[] map, RandomStream random)
    {
        double beam = random.Uniform(0, grid.Beams - 1);
        double width = random.Uniform(1.5, 5) * Math.PI / 180 / grid.AngleStep;
        double start = random.NextBoolean(.5) ? 0 : random.Uniform(1.5, 9);
        double strength = random.Uniform(8, 26);
        for (int range = 0; range < grid.Ranges; range++)
        {
            double onset = Math.Clamp((grid.DepthAt(range) - start) / .8, 0, 1) * strength;
            for (int b = 0; b < grid.Beams; b++)
            {
                double distance = Math.Abs(b - beam) / width;
                map[(range * grid.Beams) + b] -= (float)(onset / (1 + Math.Pow(distance, 4)));
            }
        }
    }

    private static void AddLostEdge(PolarGrid grid, float[] map, RandomStream random)
    {
        bool right = random.NextBoolean(.5);
        double reach = random.Uniform(.12, .32) * grid.Beams;
        double strength = random.Uniform(12, 30);
        for (int b = 0; b < grid.Beams; b++)
        {
            int fromEdge = right ? grid.Beams - 1 - b : b;
            float loss = (float)(strength * Math.Clamp(1 - (fromEdge / reach), 0, 1));
            for (int range = 0; range < grid.Ranges && loss > 0; range++)
            {
                map[(range * grid.Beams) + b] -= loss;
            }
        }
    }
}
