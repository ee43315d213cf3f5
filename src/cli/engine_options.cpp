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
    command.add_option("--seed", options.seed, "seed of everything random")->group(group)->capture_default_str();
    command.add_option("--threads", options.threads, "0: all that the program may use")
        ->group(group)
        ->capture_default_str();
    command.add_option("--device", device, "cpu, cuda, cuda:1 or auto")->group(group)->capture_default_str();
}

OfferEngineOptions EngineOptions::read() const {
    OfferEngineOptions result = options;
    result.device = Device::parse(device);
    result.complement.seed = result.seed;
    result.trade_up.seed = result.seed;
    return result;
}

}  // namespace crosslift::cli
