using System.Globalization;
using System.Text;
using Peapod.ManPages;

// peapod-man-pages FOLDER: writes a page for each command into the folder. $SOURCE_DATE_EPOCH, in seconds, is the date in their foot
// (reproducible-builds.org/specs/source-date-epoch).
if (args is not [var folder])
{
    Console.Error.WriteLine("usage: peapod-man-pages FOLDER");
    return 2;
}

var epoch = Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH");
if (!long.TryParse(epoch, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
{
    Console.Error.WriteLine($"peapod-man-pages: SOURCE_DATE_EPOCH: \"{epoch}\" is not a number of seconds");
    return 1;
}

var date = DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime);
Directory.CreateDirectory(folder);
foreach (var page in CommandTree.Pages())
{
    File.WriteAllText(Path.Combine(folder, page.FileName), page.ToText(date), Encoding.ASCII);
}

return 0;
