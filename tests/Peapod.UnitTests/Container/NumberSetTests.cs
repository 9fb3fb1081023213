using Peapod.Container.Plans;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

public class NumberSetTests
{
    [Theory]
    [InlineData("0", "0100000000000000")]
    [InlineData("0-3,7", "8F00000000000000")]
    [InlineData(" 1 - 2 , 63 ", "0600000000000080")]
    [InlineData("64", "00000000000000000100000000000000")]
    [InlineData("2,1,2", "0600000000000000")]
    public void A_list_becomes_a_bit_each_in_whole_words(string list, string bits) =>
        Assert.Equal(bits, Convert.ToHexString(NumberSet.Parse(list, "field")));

    [Theory]
    [InlineData("", "\"\" is not a list such as \"0-3,7\"")]
    [InlineData("1,", "\"1,\" is not a list such as \"0-3,7\"")]
    [InlineData("5-", "\"5-\" is not a list such as \"0-3,7\"")]
    [InlineData("1-2-3", "\"1-2-3\" is not a list such as \"0-3,7\"")]
    [InlineData("3-1", "\"3-1\" goes backwards")]
    [InlineData("0-8192", "8192 is beyond the last possible one, 8191")]
    [InlineData("99999999999", "\"99999999999\" is not a list such as \"0-3,7\"")]
    public void What_is_no_list_is_told_by_its_field(string list, string sentence) =>
        Assert.Equal($"field: {sentence}", Assert.Throws<SpecException>(() => NumberSet.Parse(list, "field")).Message);
}
