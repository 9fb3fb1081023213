namespace Peapod.Pod.Manifest;

/// <summary>A field of the Kubernetes v1 schema.</summary>
internal sealed record FieldSchema(string Name, FieldKind Kind, FieldSupport Support = FieldSupport.Read)
{
    public IReadOnlyList<string> Choices { get; init; } = [];

    public RecordSchema? Fields { get; init; }

    public FieldSchema? Element { get; init; }

    /// <summary>For fields to come: the JSON of the value that says what is done anyway.</summary>
    public string? Neutral { get; init; }

    /// <summary>For refused fields: why.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether there is something to read it into.</summary>
    public bool HasRecord { get; init; } = true;

    public static FieldSchema Text(string name) => new(name, FieldKind.Text);

    public static FieldSchema Flag(string name) => new(name, FieldKind.Flag);

    public static FieldSchema Integer(string name) => new(name, FieldKind.Integer);

    public static FieldSchema LongInteger(string name) => new(name, FieldKind.LongInteger);

    public static FieldSchema Quantity(string name) => new(name, FieldKind.Quantity);

    public static FieldSchema Choice(string name, params string[] choices) => new(name, FieldKind.Choice) { Choices = choices };

    public static FieldSchema Record(string name, RecordSchema fields) => new(name, FieldKind.Record) { Fields = fields };

    public static FieldSchema AnyObject(string name) => new(name, FieldKind.AnyObject);

    public static FieldSchema List(string name, FieldSchema element) => new(name, FieldKind.List) { Element = element };

    public static FieldSchema Map(string name, FieldSchema element) => new(name, FieldKind.Map) { Element = element };

    public static FieldSchema Dropped(string name) => new(name, FieldKind.AnyObject, FieldSupport.Dropped);

    public static FieldSchema LeftOut(FieldSchema field) => field with { Support = FieldSupport.LeftOut };

    public static FieldSchema Shown(FieldSchema field) => field with { Support = FieldSupport.Shown };

    public static FieldSchema Refused(string name, string reason) => new(name, FieldKind.AnyObject, FieldSupport.Refused) { Reason = reason, HasRecord = false };

    public static FieldSchema Port(string name) => new(name, FieldKind.Port);

    public static FieldSchema Later(FieldSchema field, string? neutral = null) => field with { Support = FieldSupport.Later, Neutral = neutral };

    public static FieldSchema Later(string name, string? neutral = null) => new(name, FieldKind.AnyObject, FieldSupport.Later) { Neutral = neutral, HasRecord = false };
}
