// Which parts of which model stand under which name in a file.
#include "io/model_reader.hpp"
#include "io/model_writer.hpp"

#include <crosslift/model_io.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace crosslift {
namespace io {
namespace {

constexpr const char* engine_kind = "offer_engine";
constexpr const char* als_kind = "als";

std::string numbered(const char* name, std::size_t n) {
    return std::string(name) + "." + std::to_string(n);
}

// --- ALS ---------------------------------------------------------------------------------------------------------

void write_als(ModelWriter& writer, const std::string& name, const AlsModel& model) {
    writer.matrix(name + ".customer_factors", model.customer_factors);
    writer.matrix(name + ".item_factors", model.item_factors);
}

void read_als(const ModelReader& reader, const std::string& name, AlsModel& model) {
    model.customer_factors = reader.matrix(name + ".customer_factors");
    model.item_factors = reader.matrix(name + ".item_factors");
    reader.want(model.customer_factors.empty() || model.customer_factors.cols() == model.item_factors.cols(),
                "customer and item factors have different numbers of factors");
    reader.want(model.item_factors.rows() == 0 || model.item_factors.cols() == model.options.factors,
                "its factors are not as many as its options say");
    reader.want(model.options.factors >= 1, "its options say less than one factor");
}

// --- catalog -----------------------------------------------------------------------------------------------------

void write_catalog(ModelWriter& writer, const Catalog& catalog) {
    const CatalogTable& table = catalog.table();
    writer.parameters("integer_items", catalog.items().integers);
    writer.parameters("category_levels", table.category.size());
    writer.parameters("attributes", table.attributes);
    writer.ids("items", catalog.items());
    for (std::size_t n = 0; n < table.category.size(); ++n) {
        writer.id_column(numbered("catalog.category", n), table.category[n]);
    }
    writer.column("catalog.price", table.price);
    writer.column("catalog.cost", table.cost);
    writer.column("catalog.margin", table.margin);
    writer.column("catalog.tier", table.tier);
    writer.column("catalog.available", table.available);
    writer.texts("catalog.name", table.name);
    writer.texts("catalog.pack_size", table.pack_size);
    writer.id_column("catalog.brand", table.brand);
    writer.id_column("catalog.manufacturer", table.manufacturer);
    writer.id_column("catalog.variant", table.variant);
    writer.id_column("catalog.series", table.series);
    writer.id_column("catalog.ladder", table.ladder);
    writer.column("catalog.service", table.service);
    for (std::size_t n = 0; n < table.attributes.size(); ++n) {
        writer.column(numbered("catalog.attribute", n), table.attributes[n].values);
    }
}

Catalog read_catalog(const ModelReader& reader) {
    CatalogTable table;
    table.item.ids = reader.ids("items");
    reader.parameter("integer_items", table.item.ids.integers);
    reader.want(!table.item.ids.integers || table.item.ids.holds_integers(), "an item id is not an integer");
    table.item.rows.resize(static_cast<std::size_t>(table.item.ids.size()));
    std::iota(table.item.rows.begin(), table.item.rows.end(), 0);
    std::int64_t levels = 0;
    reader.parameter("category_levels", levels);
    reader.want(levels >= 0 && levels <= 1000, "its category levels are not 0 .. 1000");
    for (std::size_t n = 0; n < static_cast<std::size_t>(levels); ++n) {
        table.category.push_back(reader.id_column(numbered("catalog.category", n)));
    }
    table.price = reader.column<float>("catalog.price");
    table.cost = reader.column<float>("catalog.cost");
    table.margin = reader.column<float>("catalog.margin");
    table.tier = reader.column<float>("catalog.tier");
    table.available = reader.column<std::uint8_t>("catalog.available");
    table.name = reader.texts("catalog.name");
    table.pack_size = reader.texts("catalog.pack_size");
    table.brand = reader.id_column("catalog.brand");
    table.manufacturer = reader.id_column("catalog.manufacturer");
    table.variant = reader.id_column("catalog.variant");
    table.series = reader.id_column("catalog.series");
    table.ladder = reader.id_column("catalog.ladder");
    table.service = reader.column<std::uint8_t>("catalog.service");
    reader.parameter("attributes", table.attributes);
    for (std::size_t n = 0; n < table.attributes.size(); ++n) {
        table.attributes[n].values = reader.column<float>(numbered("catalog.attribute", n));
    }
    Catalog catalog = reader.guarded([&] { return Catalog(std::move(table)); });
    reader.want(catalog.rejected().empty(), "a row of its catalog breaks the rules of a catalog");
    return catalog;
}

// --- history -----------------------------------------------------------------------------------------------------

void write_history(ModelWriter& writer, const PurchaseHistory& history) {
    writer.parameters("time_kind", history.time_kind);
    writer.csr("history.baskets", history.baskets);
    writer.column("history.unit_price", history.unit_price);
    writer.column("history.customer", history.customer);
    writer.column("history.time", history.time);
}

PurchaseHistory read_history(const ModelReader& reader, std::int32_t items, std::int32_t customers) {
    PurchaseHistory history;
    history.customers = customers;
    reader.parameter("time_kind", history.time_kind);
    history.customer = reader.column<std::int32_t>("history.customer");
    const std::size_t baskets = history.customer.size();
    reader.want(baskets <= std::numeric_limits<std::int32_t>::max(), "its history has too many baskets");
    history.baskets = reader.csr("history.baskets", static_cast<std::int64_t>(baskets), items);
    history.unit_price = reader.column<float>("history.unit_price");
    history.time = reader.column<std::int64_t>("history.time");
    const std::size_t cells = history.baskets.indices.size();
    reader.want(history.baskets.values.size() == cells && history.unit_price.size() == cells,
                "quantities or prices of its history are missing");
    for (const float quantity : history.baskets.values) reader.want(quantity > 0, "a quantity is not positive");
    for (const float price : history.unit_price) {
        reader.want(std::isnan(price) || (price >= 0 && !std::isinf(price)), "a price paid is negative or infinite");
    }
    for (const std::int32_t customer : history.customer) {
        reader.want(customer >= IdMap::unknown && customer < customers, "a basket has a customer that is not there");
    }
    reader.want(history.time.size() == (history.time_kind == TimeKind::none ? 0 : baskets),
                "the times of its baskets are missing");
    reader.want(std::is_sorted(history.time.begin(), history.time.end()), "its baskets are not in the order of time");
    reader.want(history.time.empty() || history.time.front() != unknown_time, "a basket has no time");
    history.index();
    return history;
}

// --- the learned parts -------------------------------------------------------------------------------------------

void write_complement(ModelWriter& writer, const ComplementModel& model) {
    writer.matrix("complement.in_factors", model.in_factors);
    writer.matrix("complement.out_factors", model.out_factors);
    writer.csr("complement.residuals", model.residuals);
    writer.column("complement.intercept", model.intercept);
}

void read_complement(const ModelReader& reader, std::int32_t items, ComplementModel& model) {
    model.in_factors = reader.matrix("complement.in_factors");
    model.out_factors = reader.matrix("complement.out_factors");
    model.residuals = reader.csr("complement.residuals", items, items);
    model.intercept = reader.column<float>("complement.intercept");
    reader.want(model.in_factors.rows() == items && model.out_factors.rows() == items &&
                    model.in_factors.cols() == model.out_factors.cols() &&
                    model.intercept.size() == static_cast<std::size_t>(items) &&
                    model.residuals.values.size() == model.residuals.indices.size(),
                "the sizes of its complement model do not fit its items");
    for (const float number : model.intercept) reader.want(std::isfinite(number), "an intercept is not finite");
}

void write_price(ModelWriter& writer, const PriceModel& model) {
    writer.column("price.item_level", model.item_level);
    writer.column("price.price", model.price);
    writer.column("price.leaf", model.leaf);
    writer.csr("price.purchases", model.purchases);
    writer.csr("price.level_sum", model.level_sum);
}

void read_price(const ModelReader& reader, const OfferModels& models, PriceModel& model) {
    const auto items = static_cast<std::size_t>(models.catalog.size());
    const std::int32_t leaves = models.catalog.leaves().size();
    model.item_level = reader.column<float>("price.item_level");
    model.price = reader.column<float>("price.price");
    model.leaf = reader.column<std::int32_t>("price.leaf");
    model.purchases = reader.csr("price.purchases", models.customers.size(), leaves);
    model.level_sum = reader.csr("price.level_sum", models.customers.size(), leaves);
    reader.want(model.item_level.size() == items && model.price.size() == items && model.leaf.size() == items,
                "the sizes of its price model do not fit its items");
    reader.want(model.purchases.indptr == model.level_sum.indptr &&
                    model.purchases.indices == model.level_sum.indices &&
                    model.purchases.values.size() == model.level_sum.values.size(),
                "the tables of its price model do not have the same cells");
    for (const std::int32_t leaf : model.leaf) {
        reader.want(leaf >= IdMap::unknown && leaf < leaves, "its price model has a leaf that is not there");
    }
}

void read_trade_up(const ModelReader& reader, const OfferModels& models, TradeUpModel& model) {
    read_als(reader, "trade_up.taste", model.taste);
    const auto fits = [](const Matrix& factors, std::int32_t rows) {
        return factors.rows() == rows || factors.rows() == 0;
    };
    reader.want(fits(model.taste.customer_factors, models.customers.size()) &&
                    fits(model.taste.item_factors, models.catalog.size()),
                "the sizes of its trade-up model do not fit its items and customers");
    const std::vector<std::string> known = trade_up_features();
    for (const TradeUpWeight& weight : model.weights) {
        reader.want(std::isfinite(weight.weight), "a trade-up weight is not finite");
        reader.want(std::find(known.begin(), known.end(), weight.feature) != known.end(),
                    "its trade-up model weighs a feature that this library does not know");
    }
}

/// Columns of the items, which live until the file is written.
struct AcceptanceColumns {
    std::vector<float> dearer_share, item_rate;

    explicit AcceptanceColumns(const AcceptanceModel& model) {
        for (const AcceptanceItem& item : model.items) {
            dearer_share.push_back(item.dearer_share);
            item_rate.push_back(item.item_rate);
        }
    }
};

void write_acceptance(ModelWriter& writer, const AcceptanceColumns& columns) {
    writer.column("acceptance.dearer_share", columns.dearer_share);
    writer.column("acceptance.item_rate", columns.item_rate);
}

void want_weights(const ModelReader& reader, const std::vector<AcceptanceWeight>& weights,
                  const std::vector<std::string>& known) {
    for (const auto& [fact, weight] : weights) {
        reader.want(std::isfinite(weight), "an acceptance weight is not finite");
        reader.want(std::find(known.begin(), known.end(), fact) != known.end(),
                    "its acceptance model weighs a fact that this library does not know");
    }
}

void read_acceptance(const ModelReader& reader, const OfferModels& models, AcceptanceModel& model) {
    const auto share = reader.column<float>("acceptance.dearer_share");
    const auto rate = reader.column<float>("acceptance.item_rate");
    const auto items = static_cast<std::size_t>(models.catalog.size());
    reader.want((share.empty() || share.size() == items) && rate.size() == share.size(),
                "the sizes of its acceptance model do not fit its items");
    for (std::size_t n = 0; n < share.size(); ++n) {
        reader.want(share[n] >= 0 && share[n] <= 1 && rate[n] >= 0 && rate[n] <= 1,
                    "a number of its acceptance model is out of range");
        model.items.push_back({share[n], rate[n]});
    }
    for (const AcceptanceModel::Regression* it : {&model.personal, &model.anonymous}) {
        reader.want(std::isfinite(it->intercept + it->slope + it->shift), "an acceptance weight is not finite");
        want_weights(reader, it->weights, acceptance_facts());
        want_weights(reader, it->choice, acceptance_choice_facts());
    }
    if (!model.empty()) model.index(models.history, models.catalog, models.price);
}

void write_replenishment(ModelWriter& writer, const ReplenishmentModel& model) {
    writer.column("replenishment.repeat_share", model.repeat_share);
    writer.column("replenishment.rate", model.rate);
    writer.column("replenishment.log_gap", model.log_gap);
}

void read_replenishment(const ModelReader& reader, std::int32_t items, ReplenishmentModel& model) {
    model.repeat_share = reader.column<float>("replenishment.repeat_share");
    model.rate = reader.column<float>("replenishment.rate");
    model.log_gap = reader.column<float>("replenishment.log_gap");
    const std::size_t size = model.empty() ? 0 : static_cast<std::size_t>(items);
    reader.want(model.repeat_share.size() == size && model.rate.size() == size && model.log_gap.size() == size,
                "the sizes of its replenishment model do not fit its items");
    for (const float share : model.repeat_share) reader.want(share > 0 && share < 1, "a repeat share is not 0 .. 1");
    for (const float rate : model.rate) reader.want(rate > 0 && std::isfinite(rate), "a purchase rate is not positive");
    for (const float gap : model.log_gap) reader.want(std::isfinite(gap), "a gap is not finite");
    reader.want(model.rate_shape > 0 && model.gap_within > 0 && model.gap_between >= 0 &&
                    std::isfinite(model.rate_shape + model.gap_within + model.gap_between + model.intercept),
                "a number of its replenishment model is out of range");
    const std::vector<std::string> known = replenishment_facts();
    for (const auto& [fact, weight] : model.weights) {
        reader.want(std::isfinite(weight), "a replenishment weight is not finite");
        reader.want(std::find(known.begin(), known.end(), fact) != known.end(),
                    "its replenishment model weighs a fact that this library does not know");
    }
}

OfferModels read_models(const ModelReader& reader) {
    OfferModels models;
    models.customers = reader.ids("customers");
    reader.parameter("integer_customers", models.customers.integers);
    reader.want(!models.customers.integers || models.customers.holds_integers(), "a customer id is not an integer");
    models.catalog = read_catalog(reader);
    models.history = read_history(reader, models.catalog.size(), models.customers.size());
    reader.parameter("complement", models.complement);
    reader.parameter("taste", models.taste);
    reader.parameter("price", models.price);
    reader.parameter("trade_up", models.trade_up);
    reader.parameter("acceptance", models.acceptance);
    reader.parameter("replenishment", models.replenishment);
    reader.parameter("own_history", models.own_history);
    reader.parameter("options", models.options);
    reader.parameter("fit_seconds", models.fit_seconds);
    read_complement(reader, models.catalog.size(), models.complement);
    read_als(reader, "taste", models.taste);
    read_price(reader, models, models.price);
    read_trade_up(reader, models, models.trade_up);
    read_acceptance(reader, models, models.acceptance);
    read_replenishment(reader, models.catalog.size(), models.replenishment);
    return models;
}

}  // namespace
}  // namespace io

void save(const OfferEngine& engine, const std::filesystem::path& path) {
    const OfferModels& models = engine.models();
    io::ModelWriter writer;
    writer.parameters("integer_customers", models.customers.integers);
    writer.ids("customers", models.customers);
    io::write_catalog(writer, models.catalog);
    io::write_history(writer, models.history);
    writer.parameters("complement", models.complement);
    writer.parameters("taste", models.taste);
    writer.parameters("price", models.price);
    writer.parameters("trade_up", models.trade_up);
    writer.parameters("acceptance", models.acceptance);
    writer.parameters("replenishment", models.replenishment);
    writer.parameters("own_history", models.own_history);
    writer.parameters("options", models.options);
    writer.parameters("fit_seconds", models.fit_seconds);
    io::write_complement(writer, models.complement);
    io::write_als(writer, "taste", models.taste);
    io::write_price(writer, models.price);
    io::write_als(writer, "trade_up.taste", models.trade_up.taste);
    const io::AcceptanceColumns acceptance(models.acceptance);
    io::write_acceptance(writer, acceptance);
    io::write_replenishment(writer, models.replenishment);
    writer.save(path, io::engine_kind);
}

OfferEngine load_offer_engine(const std::filesystem::path& path) {
    const io::ModelReader reader(path, io::engine_kind);
    return reader.guarded([&] { return OfferEngine(io::read_models(reader)); });
}

void save(const AlsModel& model, const std::filesystem::path& path) {
    io::ModelWriter writer;
    writer.parameters("als", model);
    io::write_als(writer, "als", model);
    writer.save(path, io::als_kind);
}

AlsModel load_als(const std::filesystem::path& path) {
    const io::ModelReader reader(path, io::als_kind);
    AlsModel model;
    reader.parameter("als", model);
    io::read_als(reader, "als", model);
    return model;
}

}  // namespace crosslift
