// Queries of a fitted engine: the price of the rules over the bare scores.
#include <crosslift/files.hpp>
#include <crosslift/model_io.hpp>
#include <crosslift/offers.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace crosslift {
namespace {

// A bundled set by its name, or the model file that CROSSLIFT_BENCH_MODEL names.
OfferEngine fit(const std::string& name) {
    if (name == "model") return load_offer_engine(std::getenv("CROSSLIFT_BENCH_MODEL"));
    const BundledData data = bundled_data(name);
    return fit_offer_engine(data.transactions, data.catalog);
}

// An engine on bundled data, fitted once per process, with the newest real baskets to ask about.
struct Shop {
    explicit Shop(const std::string& name) : engine(fit(name)) {
        const OfferModels& models = engine.models();
        const CsrView lists = models.history.baskets;
        for (std::int64_t row = lists.rows - 1; row >= 0 && baskets.size() < 512; --row) {
            if (lists.row(row).size() < 2 || lists.row(row).size() > 20) continue;
            baskets.emplace_back();
            for (const std::int32_t item : lists.row(row)) baskets.back().emplace_back(models.catalog.items()[item]);
            const std::int32_t customer = models.history.customer[static_cast<std::size_t>(row)];
            customers.emplace_back(customer == IdMap::unknown ? "" : std::string(models.customers[customer]));
        }
    }

    OfferEngine engine;
    std::vector<std::vector<std::string>> baskets;
    std::vector<std::string> customers;
};

const Shop& shop(const std::string& name) {
    static std::map<std::string, Shop> shops;
    return shops.try_emplace(name, name).first->second;
}

// Runs ask(shop, n) over the baskets in turn; it returns how many offers came.
template <class Ask>
void run(benchmark::State& state, const std::string& name, Ask ask) {
    const Shop& s = shop(name);
    std::size_t n = 0, offers = 0;
    for (auto _ : state) offers += ask(s, n++ % s.baskets.size());
    state.counters["offers"] = benchmark::Counter(static_cast<double>(offers), benchmark::Counter::kAvgIterations);
}

// The least that any ranking costs: score every item for the basket, keep the ten best. The ratio of cross_sell to it
// is the price of the rules.
void bare_top_k(benchmark::State& state, const std::string& name) {
    run(state, name, [](const Shop& s, std::size_t n) {
        const Matrix scores = s.engine.score_baskets(std::span(&s.baskets[n], 1), std::span(&s.customers[n], 1));
        const auto row = scores.row(0);
        std::vector<std::int32_t> order(row.size());
        std::iota(order.begin(), order.end(), 0);
        std::ranges::partial_sort(order, order.begin() + 10, [&](std::int32_t a, std::int32_t b) {
            return row[static_cast<std::size_t>(a)] > row[static_cast<std::size_t>(b)];
        });
        benchmark::DoNotOptimize(order.data());
        return std::size_t{10};
    });
}

// Every option that a query has, none at its default.
OfferQuery every_rule(const Shop& s) {
    OfferQuery query{.k = 10, .objective = Objective::relevance, .max_per_category = 2, .min_support = 4};
    query.min_relevance = 0.1;
    query.exclude = s.baskets[0];
    query.rules = {{.action = OfferRule::Action::pin, .item = s.baskets[1][0]},
                   {.action = OfferRule::Action::attach, .item = s.baskets[2][0], .with_item = s.baskets[3][0]},
                   {.action = OfferRule::Action::deny, .item = s.baskets[4][0]}};
    query.budget = 50;
    query.personalization = 0.5;
    query.popularity = 0.9;
    query.offer_cost = 0.01;
    query.discount = 0.05;
    query.incrementality = 0.8;
    return query;
}

void cross_sell_every_rule(benchmark::State& state, const std::string& name) {
    const OfferQuery query = every_rule(shop(name));
    run(state, name, [&](const Shop& s, std::size_t n) {
        return s.engine.cross_sell(s.baskets[n], s.customers[n], query).offers.size();
    });
}

void bare_scores(benchmark::State& state, const std::string& name) {
    run(state, name, [](const Shop& s, std::size_t n) {
        return static_cast<std::size_t>(s.engine.score_baskets(std::span(&s.baskets[n], 1)).rows());
    });
}

void cross_sell(benchmark::State& state, const std::string& name) {
    run(state, name,
        [](const Shop& s, std::size_t n) { return s.engine.cross_sell(s.baskets[n], s.customers[n]).offers.size(); });
}

void upsell(benchmark::State& state, const std::string& name) {
    run(state, name,
        [](const Shop& s, std::size_t n) { return s.engine.upsell(s.baskets[n][0], s.customers[n]).offers.size(); });
}

void recommend(benchmark::State& state, const std::string& name) {
    run(state, name, [](const Shop& s, std::size_t n) { return s.engine.recommend(s.customers[n]).offers.size(); });
}

void add(const std::string& name) {
    const auto one = [&](const char* what, void (*run)(benchmark::State&, const std::string&)) {
        benchmark::RegisterBenchmark((std::string(what) + "/" + name).c_str(), run, name)
            ->Unit(benchmark::kMicrosecond);
    };
    one("bare_scores", bare_scores);
    one("bare_top_k", bare_top_k);
    one("cross_sell", cross_sell);
    one("cross_sell_every_rule", cross_sell_every_rule);
    one("recommend", recommend);
    one("upsell", upsell);
}

const bool added = [] {
    add("online_retail");
    add("complete_journey");
    if (std::getenv("CROSSLIFT_BENCH_MODEL") != nullptr) add("model");
    return true;
}();

}  // namespace
}  // namespace crosslift
