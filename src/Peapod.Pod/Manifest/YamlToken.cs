namespace Peapod.Pod.Manifest;

/// <summary>What a YAML text is made of, before it is put together to values.</summary>
internal enum YamlTokenKind
{
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

/// <param name="Kind">What it is.</param>
/// <param name="Line">On which it begins, from 1.</param>
/// <param name="Text">A scalar's value, an anchor's name, a tag's suffix or prefix.</param>
/// <param name="Handle">Of a tag: what stands before the suffix, as it is written.</param>
/// <param name="IsPlain">Of a scalar: it is neither quoted nor a block.</param>
internal readonly record struct YamlToken(YamlTokenKind Kind, int Line, string Text = "", string Handle = "", bool IsPlain = false);
