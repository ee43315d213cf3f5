#include "engine_options.hpp"

namespace crosslift::cli {

void EngineOptions::add_to(CLI::App& command) {
    const char* group = "Training";
    command.add_option("--complement-factors", options.complement.factors, "rank of the in/out embeddings of items")
        ->group(group)
        ->capture_default_str();
    command.add_option("--residuals", options.complement.residuals, "exact pairs kept per item on average")
        ->group(group)
        ->capture_default_str();
    command.add_option("--taste-factors", options.taste.factors, "factors of customers' taste")
        ->group(group)
        ->capture_default_str();
    command.add_option("--taste-iterations", options.taste.iterations, "sweeps of the taste model")
        ->group(group)
        ->capture_default_str();
    command
        .add_option("--context", context,
                    "what counts as bought together: basket (a receipt), session or window (of a customer)")
        ->group(group)
        ->capture_default_str()
        ->check(CLI::IsMember({"basket", "session", "window"}));
    command.add_option("--session-hours", options.context.session_hours, "session: longest gap between two receipts")
        ->group(group)
        ->capture_default_str();
    command.add_option("--window-days", options.context.window_days, "window: its length")
        ->group(group)
        ->capture_default_str();
    command.add_option("--seed", options.seed, "seed of everything random")->group(group)->capture_default_str();
    command.add_option("--threads", options.threads, "0: all that the program may use")
        ->group(group)
        ->capture_default_str();
    command.add_option("--device", device, "cpu, cuda, cuda:1 or auto")->group(group)->capture_default_str();
}

OfferEngineOptions EngineOptions::read() const {
    OfferEngineOptions result = options;
    result.device = Device::parse(device);
    if (context == "session") result.context.context = Context::session;
    if (context == "window") result.context.context = Context::window;
    result.complement.seed = result.seed;
    result.trade_up.seed = result.seed;
    return result;
}

}  // namespace crosslift::cli
