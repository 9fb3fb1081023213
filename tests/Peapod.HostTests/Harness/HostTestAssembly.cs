namespace Peapod.HostTests.Harness;

/// <summary>Stands for this assembly where its tests are listed.</summary>
public static class HostTestAssembly;
