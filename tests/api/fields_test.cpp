// Numbers, times and pack sizes as text.
#include <crosslift/catalog.hpp>
#include <crosslift/transactions.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <random>
#include <tuple>

namespace crosslift {
namespace {

std::int64_t seconds(std::string_view text) {
    std::int64_t value = -1;
    EXPECT_TRUE(parse_timestamp(text, value)) << text;
    return value;
}

TEST(Timestamp, ReadsTheFormsOfIso8601) {
    EXPECT_EQ(seconds("1970-01-01"), 0);
    EXPECT_EQ(seconds("2011-12-01"), 1322697600);
    EXPECT_EQ(seconds("2011-12-01T08:26"), 1322727960);
    EXPECT_EQ(seconds("2011-12-01 08:26:01"), 1322727961);
    EXPECT_EQ(seconds("  2011-12-01T08:26:01 "), 1322727961);
    EXPECT_EQ(seconds("2011-12-01T08:26:01.999999999"), 1322727961);
    EXPECT_EQ(seconds("2011-12-01T08:26:01Z"), 1322727961);
    EXPECT_EQ(seconds("2011-12-01T08:26:01+02:00"), 1322727961 - 7200);
    EXPECT_EQ(seconds("2011-12-01T08:26-0130"), 1322727960 + 5400);
    EXPECT_EQ(seconds("2011-12-01T08:26+02"), 1322727960 - 7200);
    EXPECT_EQ(seconds("1969-12-31T23:59:59"), -1);
    EXPECT_EQ(seconds("2012-02-29"), 1330473600);
}

TEST(Timestamp, RefusesWhatIsNoDate) {
    for (const char* text : {"",
                             "2011",
                             "2011-13-01",
                             "2011-00-01",
                             "2011-02-29",
                             "2011-04-31",
                             "2011-12-00",
                             "11-12-01",
                             "2011/12/01",
                             "2011-12-01T",
                             "2011-12-01T8:26",
                             "2011-12-01T24:00",
                             "2011-12-01T08:60",
                             "2011-12-01T08:26:60",
                             "2011-12-01T08:26:01.",
                             "2011-12-01T08:26:01 x",
                             "2011-12-01T08:26+",
                             "2011-12-01T08:26+2",
                             "01.12.2011",
                             "2011-12-01T08:26:01+24:00",
                             "2011-12-01x",
                             "12011-12-01",
                             "-2011-12-01",
                             "2011-1-1",
                             "now"}) {
        std::int64_t value = 0;
        EXPECT_FALSE(parse_timestamp(text, value)) << text;
    }
}

TEST(Timestamp, FormatAndParseAgreeWithTheCLibrary) {
    std::mt19937_64 random(1);
    for (int n = 0; n < 20000; ++n) {
        const auto time =
            static_cast<std::int64_t>(random() % 250'000'000'000ULL) - 60'000'000'000LL;  // years 69 .. 9800
        const std::time_t c_time = time;
        std::tm parts{};
        gmtime_r(&c_time, &parts);
        char text[64];
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1,
                      parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
        ASSERT_EQ(format_time(time, TimeKind::timestamp), text);
        ASSERT_EQ(seconds(text), time);
    }
}

TEST(Timestamp, FormatOfOrdersAndUnknownTimes) {
    EXPECT_EQ(format_time(17, TimeKind::order), "17");
    EXPECT_EQ(format_time(unknown_time, TimeKind::timestamp), "unknown");
    EXPECT_EQ(format_time(1LL << 62, TimeKind::timestamp), std::to_string(1LL << 62) + " s");
    EXPECT_EQ(format_time(-(1LL << 62), TimeKind::timestamp), std::to_string(-(1LL << 62)) + " s");
}

TEST(TimeField, TheFirstKnownValueDecidesTheKind) {
    TimeKind kind = TimeKind::none;
    std::int64_t time = 0;
    EXPECT_TRUE(parse_time("", kind, time));
    EXPECT_EQ(time, unknown_time);
    EXPECT_EQ(kind, TimeKind::none);
    EXPECT_TRUE(parse_time(" 20110101 ", kind, time));
    EXPECT_EQ(kind, TimeKind::order);
    EXPECT_EQ(time, 20110101);
    EXPECT_FALSE(parse_time("2011-12-01", kind, time));
    EXPECT_TRUE(parse_time("-5", kind, time));

    kind = TimeKind::none;
    EXPECT_FALSE(parse_time("yesterday", kind, time));
    EXPECT_EQ(kind, TimeKind::none);
    EXPECT_TRUE(parse_time("2011-12-01", kind, time));
    EXPECT_EQ(kind, TimeKind::timestamp);
    EXPECT_FALSE(parse_time("7", kind, time));
    EXPECT_TRUE(parse_time("NaT", kind, time));
    EXPECT_EQ(time, unknown_time);
    EXPECT_FALSE(parse_time("99999999999999999999", kind, time));
}

TEST(NumberField, ReadsNumbersAndUnknowns) {
    float number = 0;
    for (const auto& [text, wanted] : std::vector<std::pair<const char*, float>>{
             {"1", 1}, {" 2.5 ", 2.5F}, {"-3e2", -300}, {"+4", 4}, {".5", 0.5F}, {"0", 0}, {"1e-3", 1e-3F}}) {
        EXPECT_TRUE(parse_number(text, number)) << text;
        EXPECT_EQ(number, wanted) << text;
    }
    for (const char* text : {"", " ", "NA", "na", "NaN", "nan", "null", "NULL"}) {
        number = 1;
        EXPECT_TRUE(parse_number(text, number)) << text;
        EXPECT_TRUE(std::isnan(number)) << text;
    }
    EXPECT_TRUE(parse_number("inf", number));
    EXPECT_TRUE(std::isinf(number));
    for (const char* text :
         {"two", "1,5", "1.2.3", "1 2", "0x10", "--1", "+-1", "1e", "1e999", "-nan", "nan(1)", "£3"}) {
        EXPECT_FALSE(parse_number(text, number)) << text;
    }
}

TEST(PackSize, ReadsAmounts) {
    using Unit = PackSize::Unit;
    const std::vector<std::tuple<const char*, Unit, double>> cases = {
        {"16 OZ", Unit::gram, 16 * 28.349523125},
        {"7.25 LB", Unit::gram, 7.25 * 453.59237},
        {"LB", Unit::gram, 453.59237},
        {"3-LB BAG", Unit::gram, 3 * 453.59237},
        {"2kg", Unit::gram, 2000},
        {"Red Potatoes 2kg", Unit::gram, 2000},
        {"1,000 g", Unit::gram, 1000},
        {"2 1/4 OZ", Unit::gram, 2.25 * 28.349523125},
        {"24/16.9 OZ", Unit::gram, 24 * 16.9 * 28.349523125},
        {"6-12 OZ", Unit::gram, 72 * 28.349523125},
        {"6 PK/8 OZ", Unit::gram, 48 * 28.349523125},
        {"12 OZ/4 PK", Unit::gram, 48 * 28.349523125},
        {"40 CT/19.8 Z", Unit::gram, 19.8 * 28.349523125},
        {"L    12 OZ", Unit::gram, 12 * 28.349523125},
        {"N  5.4 OZ", Unit::gram, 5.4 * 28.349523125},
        {"32 FL OZ", Unit::millilitre, 32 * 29.5735295625},
        {"12 fl. oz", Unit::millilitre, 12 * 29.5735295625},
        {".5 L", Unit::millilitre, 500},
        {"1,5 L", Unit::millilitre, 1500},
        {"6 x 330 ml", Unit::millilitre, 1980},
        {"6*33cl", Unit::millilitre, 1980},
        {"1/2 GAL", Unit::millilitre, 3785.411784 / 2},
        {"QT", Unit::millilitre, 946.352946},
        {"10 CT", Unit::piece, 10},
        {"14-18 CT", Unit::piece, 16},
        {"12 PK", Unit::piece, 12},
        {"2 DZ", Unit::piece, 24},
        {"20 CT/13 GAL", Unit::piece, 20},
        {"32 LOADS", Unit::piece, 32},
    };
    for (const auto& [text, unit, amount] : cases) {
        const PackSize size = parse_pack_size(text);
        EXPECT_EQ(size.unit, unit) << text;
        EXPECT_NEAR(size.amount, amount, 1e-9 * amount) << text;
    }
}

TEST(PackSize, IsUnknownWhereTheTextHasNoAmount) {
    for (const char* text : {"", "LARGE", "L", "MED", "CTN", "985739  PK", "54 IN", "57 SQ FT", "SIZE 5", "0 OZ", "12",
                             "OZ 12", "1/0 x", "/", "x 3", "26 REC OZ"}) {
        EXPECT_EQ(parse_pack_size(text).unit, PackSize::Unit::unknown) << text;
        EXPECT_EQ(parse_pack_size(text).amount, 0) << text;
    }
}

TEST(PackSize, NoTextBreaksIt) {
    std::mt19937 random(5);
    const std::string_view letters = "0123456789./,- xX*OZLBPKCTGALgkml\xC3\xA9\xFF";
    for (int n = 0; n < 20000; ++n) {
        std::string text(random() % 24, ' ');
        for (char& c : text) c = letters[random() % letters.size()];
        const PackSize size = parse_pack_size(text);
        EXPECT_EQ(size.unit == PackSize::Unit::unknown, size.amount == 0) << text;
        EXPECT_TRUE(std::isfinite(size.amount) && size.amount >= 0) << text;
    }
    EXPECT_EQ(parse_pack_size(std::string(100000, '9') + " OZ").unit, PackSize::Unit::unknown);
}

}  // namespace
}  // namespace crosslift
