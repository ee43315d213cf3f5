// What counts as "bought together": one receipt, one session, or what one customer bought within a while.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/history.hpp>

namespace crosslift {

enum class Context {
    basket,   ///< one receipt
    session,  ///< receipts of one customer, each at most `session_hours` after the one before
    window,   ///< receipts of one customer within `window_days` of the window's first; then the next window begins
};

struct ContextOptions {
    Context context = Context::basket;
    double session_hours = 12;  ///< > 0
    double window_days = 30;    ///< > 0
};

/// The history with every context as one basket: quantities summed, known prices averaged over receipts, the time of
/// the newest receipt. Receipts without a customer stay alone. Contexts stand in the order of time (ties: of their
/// first receipt). Throws InvalidArgument for an option out of range, DataError where sessions or windows are asked for
/// and the purchases carry no dates.
CROSSLIFT_API PurchaseHistory merge_contexts(const PurchaseHistory& history, const ContextOptions& options);

}  // namespace crosslift
