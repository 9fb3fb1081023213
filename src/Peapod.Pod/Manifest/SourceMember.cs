namespace Peapod.Pod.Manifest;

/// <summary>One key of a mapping with its value.</summary>
internal readonly record struct SourceMember(string Name, int Line, SourceNode Value);
