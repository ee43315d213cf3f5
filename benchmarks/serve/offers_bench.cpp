// Queries of a fitted engine: the price of the rules over the bare scores.
#include <crosslift/files.hpp>
#include <crosslift/offers.hpp>

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace crosslift {
namespace {

OfferEngine fit(const std::string& name) {
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

BENCHMARK_CAPTURE(bare_scores, online_retail, "online_retail")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(cross_sell, online_retail, "online_retail")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(recommend, online_retail, "online_retail")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(upsell, complete_journey, "complete_journey")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace crosslift
