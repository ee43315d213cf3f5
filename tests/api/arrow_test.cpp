// Purchases from Arrow tables put together by hand: buffers, offsets, nulls, dictionaries, releases.
#include <crosslift/arrow.hpp>
#include <crosslift/error.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace crosslift {
namespace {

int living = 0;  // Arrow structs that were handed out and not released yet

// A column with its buffers; it must outlive the table that it is added to.
struct Column {
    std::string format;
    std::vector<std::vector<char>> buffers;
    std::vector<const void*> pointers;
    ArrowSchema schema{};
    ArrowArray array{};

    Column(std::string type, std::int64_t length, std::vector<std::vector<char>> bytes, std::int64_t offset = 0)
        : format(std::move(type)), buffers(std::move(bytes)) {
        for (const auto& buffer : buffers) pointers.push_back(buffer.empty() ? nullptr : buffer.data());
        schema.format = format.c_str();
        schema.release = [](ArrowSchema* it) {
            --living;
            it->release = nullptr;
        };
        array.length = length;
        array.null_count = -1;
        array.offset = offset;
        array.n_buffers = static_cast<std::int64_t>(pointers.size());
        array.buffers = pointers.data();
        array.release = [](ArrowArray* it) {
            --living;
            it->release = nullptr;
        };
    }

    void add_to(ArrowTable& table, const std::string& name) {
        living += 2;
        table.add_column(name, &schema, &array);
    }
};

template <class T>
std::vector<char> bytes(std::vector<T> values) {
    std::vector<char> out(values.size() * sizeof(T));
    std::memcpy(out.data(), values.data(), out.size());
    return out;
}

std::vector<char> letters(const std::string& text) {
    return {text.begin(), text.end()};
}

// Three lines: baskets 1 1 2, items a b c.
struct ThreeLines {
    Column basket{"l", 3, {{}, bytes<std::int64_t>({1, 1, 2})}};
    Column item{"u", 3, {{}, bytes<std::int32_t>({0, 1, 2, 3}), letters("abc")}};

    void add_to(ArrowTable& table) {
        basket.add_to(table, "basket_id");
        item.add_to(table, "item_id");
    }
};

TEST(Arrow, ReadsIntegersAndTextAndReleasesEverything) {
    {
        ThreeLines lines;
        ArrowTable table;
        lines.add_to(table);
        EXPECT_EQ(lines.basket.array.release, nullptr) << "the table takes arrays over";
        const Transactions transactions = read_transactions(table);
        EXPECT_EQ(transactions.size(), 3);
        EXPECT_EQ(transactions.items()[2], "c");
        EXPECT_TRUE(transactions.baskets().integers);
        EXPECT_FALSE(transactions.items().integers);
    }
    EXPECT_EQ(living, 0);
}

TEST(Arrow, HonoursOffsetsAndNulls) {
    ThreeLines lines;
    ArrowTable table;
    lines.add_to(table);
    // Rows 2, 3, 4 of five; row 3 is null (bits 1 0 1 from bit 2 on).
    Column customer("i", 3, {{'\x14'}, bytes<std::int32_t>({9, 9, 5, 6, 7})}, 2);
    customer.add_to(table, "customer_id");
    const Transactions transactions = read_transactions(table);
    ASSERT_EQ(transactions.customers().size(), 2);
    EXPECT_EQ(transactions.customers()[0], "5");
    EXPECT_EQ(transactions.customers()[1], "7");
}

TEST(Arrow, ReadsDictionaries) {
    ThreeLines lines;
    ArrowTable table;
    lines.add_to(table);
    Column customer("c", 3, {{}, bytes<std::int8_t>({1, 0, 1})});
    Column names("U", 2, {{}, bytes<std::int64_t>({0, 3, 6}), letters("annbob")});
    customer.schema.dictionary = &names.schema;
    customer.array.dictionary = &names.array;
    customer.add_to(table, "customer_id");
    const Transactions transactions = read_transactions(table);
    EXPECT_EQ(transactions.customers()[transactions.customer()[0]], "bob");
    EXPECT_EQ(transactions.customers()[transactions.customer()[2]], "bob");
}

TEST(Arrow, ReadsStringViewsInlineAndOutside) {
    ArrowTable table;
    Column basket("i", 2, {{}, bytes<std::int32_t>({1, 1})});
    basket.add_to(table, "basket_id");
    const std::string far = "longer than twelve bytes";
    std::vector<char> views(32, '\0');
    const std::int32_t near_length = 5, far_length = static_cast<std::int32_t>(far.size());
    std::memcpy(views.data(), &near_length, 4);
    std::memcpy(views.data() + 4, "short", 5);
    std::memcpy(views.data() + 16, &far_length, 4);
    std::memcpy(views.data() + 20, far.data(), 4);
    Column item("vu", 2, {{}, views, letters(far)});
    item.add_to(table, "item_id");
    const Transactions transactions = read_transactions(table);
    EXPECT_EQ(transactions.items()[0], "short");
    EXPECT_EQ(transactions.items()[1], far);
}

TEST(Arrow, TimesRoundDownToSeconds) {
    ThreeLines lines;
    ArrowTable table;
    lines.add_to(table);
    Column time("tsn:", 3, {{}, bytes<std::int64_t>({-1, 0, 1'999'999'999})});
    time.add_to(table, "timestamp");
    const Transactions transactions = read_transactions(table);
    EXPECT_EQ(transactions.time_kind(), TimeKind::timestamp);
    EXPECT_EQ(transactions.time()[0], -1);
    EXPECT_EQ(transactions.time()[1], 0);
    EXPECT_EQ(transactions.time()[2], 1);
}

TEST(Arrow, DecimalsOfAllWidths) {
    const auto price_of = [](Column column) {
        ArrowTable table;
        Column item("i", 1, {{}, bytes<std::int32_t>({1})});
        item.add_to(table, "item_id");
        column.schema.format = column.format.c_str();
        column.add_to(table, "margin");
        CatalogColumns columns;
        columns.margin = "margin";
        return read_catalog(table, columns).margin()[0];
    };
    EXPECT_FLOAT_EQ(price_of(Column("d:9,2,32", 1, {{}, bytes<std::int32_t>({-125})})), -1.25F);
    EXPECT_FLOAT_EQ(price_of(Column("d:18,3,64", 1, {{}, bytes<std::int64_t>({-1250})})), -1.25F);
    EXPECT_FLOAT_EQ(price_of(Column("d:38,2", 1, {{}, bytes<std::int64_t>({-125, -1})})), -1.25F);
    EXPECT_FLOAT_EQ(price_of(Column("d:38,0", 1, {{}, bytes<std::int64_t>({0, 1})})), 18446744073709551616.0F);
    EXPECT_FLOAT_EQ(price_of(Column("d:38,0", 1, {{}, bytes<std::int64_t>({-1, 0})})), 18446744073709551615.0F);
}

TEST(Arrow, MalformedCellsRejectTheirRowsByNumber) {
    ThreeLines lines;
    ArrowTable table;
    lines.add_to(table);
    Column quantity("u", 3, {{}, bytes<std::int32_t>({0, 1, 3, 4}), letters("1xy2")});
    quantity.add_to(table, "quantity");
    const Transactions transactions = read_transactions(table);
    ASSERT_EQ(transactions.report().rejected.size(), 1U);
    EXPECT_EQ(transactions.report().rejected[0].line, 1);
    EXPECT_EQ(transactions.report().rejected[0].value, "xy");
    EXPECT_EQ(transactions.size(), 2);
    EXPECT_EQ(transactions.items().find("b"), IdMap::unknown);
}

TEST(Arrow, MissingColumnsAreListedWithMentionedOnes) {
    ThreeLines lines;
    ArrowTable table;
    lines.basket.add_to(table, "basket_id");
    table.mention("colour");
    try {
        read_transactions(table);
        FAIL() << "the item column is missing";
    } catch (const DataError& error) {
        EXPECT_NE(std::string(error.what()).find("'item_id'"), std::string::npos);
        EXPECT_NE(std::string(error.what()).find("'basket_id', 'colour'"), std::string::npos);
    }
}

TEST(Arrow, RefusesTypesAndLengthsThatDoNotFit) {
    ThreeLines lines;
    ArrowTable nested;
    lines.add_to(nested);
    Column list("+l", 3, {{}, bytes<std::int32_t>({0, 0, 0, 0})});
    list.add_to(nested, "quantity");
    EXPECT_THROW(read_transactions(nested), DataError);

    ThreeLines more;
    ArrowTable uneven;
    more.add_to(uneven);
    Column two("i", 2, {{}, bytes<std::int32_t>({1, 2})});
    two.add_to(uneven, "quantity");
    EXPECT_THROW(read_transactions(uneven), DataError);

    ArrowTable floating;
    ThreeLines other;
    other.item.add_to(floating, "item_id");
    Column ids("g", 3, {{}, bytes<double>({1, 2, 3})});
    ids.add_to(floating, "basket_id");
    EXPECT_THROW(read_transactions(floating), DataError);
}

TEST(Arrow, AFailingStreamIsADataError) {
    ArrowArrayStream stream{};
    stream.get_schema = [](ArrowArrayStream*, ArrowSchema*) { return 5; };
    stream.get_last_error = [](ArrowArrayStream*) { return "the disk is gone"; };
    stream.release = [](ArrowArrayStream* it) {
        --living;
        it->release = nullptr;
    };
    ++living;
    ArrowTable table;
    try {
        table.add_columns(&stream);
        FAIL() << "the stream fails";
    } catch (const DataError& error) {
        EXPECT_NE(std::string(error.what()).find("the disk is gone"), std::string::npos);
    }
    EXPECT_EQ(stream.release, nullptr);
}

}  // namespace
}  // namespace crosslift
