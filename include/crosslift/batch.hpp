// Many questions at once: every query of an engine on several threads, with the answers of one by one.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/offers.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace crosslift {

// Answers are in the order of the questions. `customers` has one entry per question ("" = anybody), or none. `threads`
// 0: all that the machine has. All throw what the single query throws, and InvalidArgument where lengths differ.

using Baskets = std::span<const std::vector<std::string>>;
using Ids = std::span<const std::string>;

CROSSLIFT_API std::vector<OfferList> cross_sell_batch(const OfferEngine& engine, Baskets baskets, Ids customers = {},
                                                      const OfferQuery& query = {}, int threads = 0);
CROSSLIFT_API std::vector<OfferList> upsell_batch(const OfferEngine& engine, Ids items, Ids customers = {},
                                                  const OfferQuery& query = {}, int threads = 0);
CROSSLIFT_API std::vector<OfferList> recommend_batch(const OfferEngine& engine, Ids customers,
                                                     const OfferQuery& query = {}, int threads = 0);
CROSSLIFT_API std::vector<OfferList> similar_items_batch(const OfferEngine& engine, Ids items,
                                                         const OfferQuery& query = {}, int threads = 0);
CROSSLIFT_API std::vector<Bundle> bundle_batch(const OfferEngine& engine, Ids items, Ids customers = {},
                                               const OfferQuery& query = {}, const BundleOptions& options = {},
                                               int threads = 0);
CROSSLIFT_API std::vector<ReminderList> replenish_batch(const OfferEngine& engine, Ids customers,
                                                        const OfferQuery& query = {},
                                                        const ReminderOptions& options = {}, int threads = 0);
CROSSLIFT_API std::vector<OfferList> next_basket_batch(const OfferEngine& engine, Ids customers,
                                                       const OfferQuery& query = {},
                                                       const ReminderOptions& options = {}, int threads = 0);
/// `contacts`: what each customer was shown before, or none. OfferEngine::plan() asks several placements in turn.
CROSSLIFT_API std::vector<PlacementOffers> offers_batch(const OfferEngine& engine, Baskets baskets, Ids customers,
                                                        const PlacementOptions& options,
                                                        std::span<const std::vector<Contact>> contacts = {},
                                                        const OfferQuery& query = {}, int threads = 0);
CROSSLIFT_API std::vector<TargetList> target_customers_batch(const OfferEngine& engine, Ids items,
                                                             const OfferQuery& query = {}, int threads = 0);

/// Calls ask(n) once for every n in 0 .. count - 1, in any order, on `threads` threads (0: all that the machine has),
/// and waits. The first exception ends the batch and is thrown here. Throws InvalidArgument for negative numbers.
CROSSLIFT_API void for_each_query(std::int64_t count, const std::function<void(std::int64_t)>& ask, int threads = 0);

/// Any other question, answered likewise:
///   auto lists = answer_all(items.size(), [&](auto n) { return engine.upsell(items[n], customers[n], queries[n]); });
template <class Ask>
auto answer_all(std::size_t count, Ask&& ask, int threads = 0) {
    std::vector<std::invoke_result_t<Ask, std::size_t>> answers(count);
    for_each_query(
        static_cast<std::int64_t>(count),
        [&](std::int64_t n) { answers[static_cast<std::size_t>(n)] = ask(static_cast<std::size_t>(n)); }, threads);
    return answers;
}

}  // namespace crosslift
