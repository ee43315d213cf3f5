// Whole engines to disk and back; damage that a right checksum hides must still be found.
#include "support/model_file.hpp"
#include "support/planted_shop.hpp"
#include "support/temporary_folder.hpp"

#include <crosslift/error.hpp>
#include <crosslift/model_io.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace crosslift {
namespace {

using testing::ModelFile;
using testing::PlantedShop;
using testing::read_bytes;
using testing::TemporaryFolder;

// A small shop, trained once for all tests here.
const OfferEngine& engine() {
    static const OfferEngine trained = [] {
        PlantedShop shop;
        shop.baskets = 800;
        CatalogTable table = shop.catalog_table();
        const auto size = static_cast<std::size_t>(table.item.rows.size());
        table.cost.assign(size, 0.5F);
        table.tier.assign(size, std::numeric_limits<float>::quiet_NaN());
        table.available.assign(size, 1);
        table.available[3] = 0;
        table.series.push_back("range");
        table.series.rows.resize(size, IdMap::unknown);
        table.ladder.push_back("plans");
        table.ladder.rows.resize(size, IdMap::unknown);
        table.service.assign(size, 0);
        table.service[2] = 1;
        table.attributes = {{"warmth", Attribute::Direction::lower_is_better, 2.5F, true, std::vector<float>(size, 1)}};
        table.item.push_back("never sold");
        table.category[0].push_back("");
        for (auto* column : {&table.price, &table.cost, &table.tier, &table.attributes[0].values}) {
            column->push_back(std::numeric_limits<float>::quiet_NaN());
        }
        table.name.emplace_back();
        table.pack_size.emplace_back();
        table.brand.push_back("");
        table.available.push_back(1);
        table.series.push_back("");
        table.ladder.push_back("");
        table.service.push_back(0);
        return fit_offer_engine(shop.transactions(), Catalog(std::move(table)), PlantedShop::options());
    }();
    return trained;
}

void expect_same_offers(const OfferList& a, const OfferList& b) {
    ASSERT_EQ(a.offers.size(), b.offers.size());
    for (std::size_t n = 0; n < a.offers.size(); ++n) {
        EXPECT_EQ(a.offers[n].item, b.offers[n].item);
        EXPECT_EQ(a.offers[n].score, b.offers[n].score);
        EXPECT_EQ(a.offers[n].sentence, b.offers[n].sentence);
    }
}

TEST(EngineFile, SavedLoadedAndSavedAgainIsTheSameFile) {
    const TemporaryFolder folder;
    save(engine(), folder / "a");
    const OfferEngine again = load_offer_engine(folder / "a");
    save(again, folder / "b");
    EXPECT_EQ(read_bytes(folder / "a"), read_bytes(folder / "b"));
}

TEST(EngineFile, ALoadedEngineAnswersAlike) {
    const TemporaryFolder folder;
    save(engine(), folder / "m");
    const OfferEngine again = load_offer_engine(folder / "m");
    int offers = 0;
    for (int category = 0; category < 8; ++category) {
        const std::string item = PlantedShop::id(category, 2);
        const std::vector<std::string> basket = {item};
        const std::string customer = "k" + std::to_string(category * 7);
        const OfferList complements = engine().cross_sell(basket, customer);
        offers += static_cast<int>(complements.offers.size());
        expect_same_offers(complements, again.cross_sell(basket, customer));
        expect_same_offers(engine().upsell(item, customer), again.upsell(item, customer));
        expect_same_offers(engine().recommend(customer), again.recommend(customer));
        expect_same_offers(engine().similar_items(item), again.similar_items(item));
    }
    EXPECT_GT(offers, 0);
}

TEST(EngineFile, KeepsWhatTheCatalogKnows) {
    const TemporaryFolder folder;
    save(engine(), folder / "m");
    const OfferEngine again = load_offer_engine(folder / "m");
    const Catalog& came = again.models().catalog;
    const Catalog& wanted = engine().models().catalog;
    ASSERT_EQ(came.size(), wanted.size());
    for (std::int32_t item = 0; item < wanted.size(); ++item) {
        const auto n = static_cast<std::size_t>(item);
        EXPECT_EQ(came.items()[item], wanted.items()[item]);
        EXPECT_EQ(came.name(item), wanted.name(item));
        EXPECT_EQ(came.leaf(item), wanted.leaf(item));
        EXPECT_EQ(came.available(item), wanted.available(item));
        EXPECT_EQ(came.pack_size()[n], wanted.pack_size()[n]);
        EXPECT_TRUE(std::isnan(came.tier()[n]));
        EXPECT_EQ(came.service(item), wanted.service(item));
        EXPECT_EQ(came.series().rows[n], wanted.series().rows[n]);
        EXPECT_EQ(came.ladder().rows[n], wanted.ladder().rows[n]);
    }
    EXPECT_EQ(came.series().ids[0], "range");
    EXPECT_EQ(came.ladder().ids[0], "plans");
    EXPECT_TRUE(came.service(came.items().find(PlantedShop::id(0, 2))));
    ASSERT_EQ(came.attributes().size(), 1U);
    EXPECT_EQ(came.attributes()[0].name, "warmth");
    EXPECT_EQ(came.attributes()[0].weight, 2.5F);
    EXPECT_TRUE(came.attributes()[0].must_have);
    EXPECT_EQ(came.attributes()[0].direction, Attribute::Direction::lower_is_better);
    EXPECT_EQ(again.models().history.time_kind, TimeKind::timestamp);
    EXPECT_EQ(again.models().complement.trials.size(), engine().models().complement.trials.size());
}

TEST(EngineFile, IntegerIdsStayIntegers) {
    TransactionTable table;
    for (int basket = 0; basket < 60; ++basket) {
        for (int item = 0; item < 3; ++item) {
            table.customer.push_back(std::to_string(basket % 5));
            table.basket.push_back(std::to_string(basket));
            table.item.push_back(std::to_string((basket * 7 + item * item) % 11));
        }
    }
    for (IdColumn* column : {&table.customer, &table.basket, &table.item}) column->ids.integers = true;
    const OfferEngine small = fit_offer_engine(Transactions(std::move(table)), {}, PlantedShop::options());
    const TemporaryFolder folder;
    save(small, folder / "m");
    const OfferEngine again = load_offer_engine(folder / "m");
    EXPECT_TRUE(again.models().catalog.items().integers);
    EXPECT_TRUE(again.models().customers.integers);
}

class HostileEngineFile : public ::testing::Test {
protected:
    HostileEngineFile() {
        save(engine(), folder_ / "good");
        good_ = ModelFile(read_bytes(folder_ / "good"));
    }
    template <class Spoil>
    void expect_refused(const std::string& what, Spoil spoil) {
        ModelFile file = good_;
        ASSERT_TRUE(spoil(file)) << what;
        const auto path = folder_.write("bad", file.bytes());
        EXPECT_THROW(load_offer_engine(path), FormatError) << what;
    }
    template <class T>
    void expect_refused(const std::string& tensor, std::size_t n, T value) {
        expect_refused(tensor + "[" + std::to_string(n) + "]",
                       [&](ModelFile& file) { return file.set<T>(tensor, n, value); });
    }
    void expect_parameter_refused(const std::string& from, const std::string& to) {
        expect_refused(to, [&](ModelFile& file) { return file.replace_in_header(from, to); });
    }

    TemporaryFolder folder_;
    ModelFile good_;
};

TEST_F(HostileEngineFile, IndicesAndOffsetsOutOfRange) {
    constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t bad : {std::int64_t{-1}, huge, std::int64_t{1} << 40}) {
        for (const char* name : {"items.offsets", "customers.offsets", "catalog.name.offsets",
                                 "catalog.category.0.offsets", "history.baskets.indptr", "history.baskets.shape",
                                 "complement.residuals.indptr", "price.purchases.indptr", "price.purchases.shape"}) {
            expect_refused<std::int64_t>(name, 1, bad);
        }
    }
    for (const std::int32_t bad : {-2, 1 << 30, std::numeric_limits<std::int32_t>::min()}) {
        for (const char* name :
             {"history.baskets.indices", "history.customer", "complement.residuals.indices", "catalog.category.0.rows",
              "catalog.brand.rows", "price.leaf", "price.purchases.indices", "price.level_sum.indices"}) {
            expect_refused<std::int32_t>(name, 0, bad);
        }
    }
}

TEST_F(HostileEngineFile, NumbersThatCannotBe) {
    constexpr float bad = std::numeric_limits<float>::quiet_NaN();
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (const char* name :
         {"complement.in_factors", "complement.out_factors", "complement.intercept", "complement.residuals.values",
          "taste.item_factors", "taste.customer_factors", "history.baskets.values", "price.purchases.values"}) {
        expect_refused<float>(name, 0, bad);
        expect_refused<float>(name, 0, infinity);
    }
    expect_refused<float>("catalog.price", 0, -1.0F);
    expect_refused<float>("catalog.price", 0, infinity);
    expect_refused<float>("history.baskets.values", 0, -1.0F);
    expect_refused<float>("history.unit_price", 0, -1.0F);
    expect_refused<std::int64_t>("history.time", 0, std::numeric_limits<std::int64_t>::max());
    expect_refused<std::int64_t>("history.time", 0, unknown_time);
}

TEST_F(HostileEngineFile, PartsThatDoNotFitEachOther) {
    expect_parameter_refused("\"history.time\"", "\"history.tome\"");
    expect_parameter_refused("\"history.unit_price\"", "\"history.unit_prize\"");
    expect_parameter_refused("\"history.customer\"", "\"history.customor\"");
    expect_parameter_refused("\"price.leaf\"", "\"price.loaf\"");
    expect_parameter_refused("\"complement.intercept\"", "\"complement.antercept\"");
    expect_parameter_refused("\"complement.residuals.values\"", "\"complement.residuals.volues\"");
    expect_parameter_refused(R"(\"time_kind\":\"timestamp\")", R"(\"time_kind\":\"none\")");
    expect_parameter_refused(R"(\"integer_items\":false)", R"(\"integer_items\":true)");
    expect_parameter_refused(R"(\"category_levels\":1)", R"(\"category_levels\":1000000000000)");
    expect_parameter_refused(R"(\"weight\":2.5)", R"(\"weight\":-2.5)");
    expect_parameter_refused(R"("kind":"offer_engine")", R"("kind":"als")");
}

TEST_F(HostileEngineFile, RandomDamageBehindARightChecksumNeverCrashes) {
    std::mt19937 random(8);
    int loaded = 0;
    for (int round = 0; round < 150; ++round) {
        ModelFile file = good_;
        for (auto hits = 1 + random() % 3; hits > 0; --hits) {
            const std::size_t at = random() % file.data.size();
            file.data[at] = static_cast<char>(random());
        }
        const auto path = folder_.write("bad", file.bytes());
        try {
            const OfferEngine damaged = load_offer_engine(path);
            const std::vector<std::string> basket = {PlantedShop::id(0, 1)};
            damaged.cross_sell(basket, "k1");
            damaged.upsell(basket[0], "k1");
            ++loaded;
        } catch (const Error&) {
        }
    }
    EXPECT_GT(loaded, 0) << "some damage only changes a number";
}

TEST_F(HostileEngineFile, RandomCutsAndFlipsAreFound) {
    const std::string bytes = read_bytes(folder_ / "good");
    std::mt19937 random(9);
    for (int round = 0; round < 300; ++round) {
        std::string bad = bytes;
        if (round % 3 == 0) {
            bad.resize(random() % bytes.size());
        } else {
            bad[random() % bad.size()] ^= static_cast<char>(1 << (random() % 8));
        }
        EXPECT_THROW(load_offer_engine(folder_.write("bad", bad)), FormatError);
    }
}

}  // namespace
}  // namespace crosslift
