// A million items x 128 factors with categories and prices, queries, and a filter of each kind for them.
// CROSSLIFT_BENCH_FOLDER=folder writes what is named (items.f32, queries.f32, ...), so that another program can answer
// the same queries: see benchmarks/compare/torch_top_k.py.
#pragma once

#include "machine.hpp"

#include <cstdlib>
#include <fstream>
#include <span>

namespace crosslift::bench {

enum Filters { none = 0, exclusion = 1, category = 2, price = 3 };
inline const char* const filter_names[] = {"no filter", "200 excluded per query", "one category of 100",
                                           "half of the prices"};

template <class T>
void write(const std::string& name, const std::vector<T>& numbers) {
    const char* folder = std::getenv("CROSSLIFT_BENCH_FOLDER");
    if (folder == nullptr) return;
    std::ofstream file(std::string(folder) + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(T)));
}

struct FilteredCatalog {
    static constexpr std::int64_t items = 1000000;
    static constexpr std::int64_t d = 128;
    static constexpr std::int64_t most_queries = 1024;
    static constexpr std::int64_t excluded = 200;

    explicit FilteredCatalog(const backend::Backend& machine) : host_queries(uniform_numbers(most_queries * d, 2)) {
        const std::vector<float> host = uniform_numbers(items * d, 1);
        write("items.f32", host);
        write("queries.f32", host_queries);
        factors = upload(machine, host);
        queries = upload(machine, host_queries);
        std::vector<std::int32_t> categories(static_cast<std::size_t>(items));
        for (std::size_t item = 0; item < categories.size(); ++item)
            categories[item] = static_cast<std::int32_t>(item * 2654435761U % 100);
        const std::vector<float> prices = uniform_numbers(items, 3);
        prepared = machine.make_items({factors.data(), items, d, d}, factors.memory(), {categories, prices, {}});
        for (std::int64_t entry = 0; entry < most_queries * excluded; ++entry)
            seen.push_back(static_cast<std::int32_t>(static_cast<std::uint64_t>(entry) * 2654435761U %
                                                     static_cast<std::uint64_t>(items)));
    }

    std::vector<backend::QueryFilter> filters(Filters kind, std::int64_t count) const {
        std::vector<backend::QueryFilter> all(kind == none ? 0 : static_cast<std::size_t>(count));
        for (std::size_t query = 0; query < all.size(); ++query) {
            if (kind == exclusion) all[query].exclude = std::span(seen).subspan(query * excluded, excluded);
            if (kind == category) all[query].categories = std::span(some_categories).subspan(query % 8, 1);
            if (kind == price) all[query].max_price = 0.0F;
        }
        return all;
    }

    std::vector<float> host_queries;
    backend::Array<float> factors;
    backend::Array<float> queries;
    std::shared_ptr<const backend::Items> prepared;
    std::vector<std::int32_t> seen;
    std::vector<std::int32_t> some_categories = {3, 14, 15, 92, 65, 35, 89, 79};
};

}  // namespace crosslift::bench
