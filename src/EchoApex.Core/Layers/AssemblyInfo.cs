using System.Runtime.CompilerServices;

// Replaying a recorded training step needs the permutations of stochastic depth.
[assembly: InternalsVisibleTo("EchoApex.Training.Tests")]
