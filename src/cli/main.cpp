// crosslift: from purchases to offers on the command line.
#include "command.hpp"

#include <crosslift/error.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace {

using namespace crosslift;
using namespace crosslift::cli;

constexpr const char* description =
    "Crosslift learns from a shop's purchases what goes together (cross-sell), which better version a customer would\n"
    "buy (up-sell) and what a customer would want next.";

constexpr const char* footer =
    "Example, with data that comes with the program:\n"
    "  crosslift train --data online_retail --model shop.safetensors\n"
    "  crosslift offers --model shop.safetensors --basket 85123A,22423\n"
    "  crosslift evaluate --data online_retail --share 0.1\n\n"
    "Exit codes: 0 done, 1 data, model or file cannot be used, 2 wrong usage, 3 device not available, 130 "
    "interrupted.\n"
    "`crosslift COMMAND --help` says more.";

int fail(const std::exception& error, ExitCode code) {
    std::fprintf(stderr, "crosslift: %s\n", error.what());
    return code;
}

int run(const Choice& choice) {
    try {
        choice.run();
        return done;
    } catch (const InvalidArgument& error) {
        return fail(error, wrong_usage);
    } catch (const DeviceError& error) {
        return fail(error, no_device);
    } catch (const Stopped& error) {
        std::fprintf(stderr, "crosslift: interrupted, nothing was written (%s)\n", error.what());
        return interrupted;
    } catch (const std::bad_alloc& error) {
        std::fprintf(stderr, "crosslift: out of memory; use fewer items or lines, or a larger machine\n");
        return bad_data;
    } catch (const std::exception& error) {
        return fail(error, bad_data);
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App program(description, "crosslift");
    Choice choice;
    try {
        program.footer(footer);
        program.set_version_flag("--version", "crosslift " CROSSLIFT_VERSION);
        program.require_subcommand(1);
        add_train(program, choice);
        add_offers(program, choice);
        add_plan(program, choice);
        add_report(program, choice);
        add_evaluate(program, choice);
        add_info(program, choice);
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? done : wrong_usage;
    }
    return run(choice);
}
